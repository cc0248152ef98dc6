// What the fields of a form and the conditions of its policy mean, in one sentence each.

const FIELDS = {
  key: "Where S3 stores the object. The API chooses it, so no file replaces another one.",
  "content-type": "The declared type. The recorder compares it with the bytes.",
  "x-amz-server-side-encryption": "S3 encrypts the object with a key of KMS.",
  "x-amz-server-side-encryption-aws-kms-key-id": "The key: the stack's own.",
  success_action_status: "What S3 answers when the file is stored.",
  success_action_redirect: "Where S3 sends the browser when the file is stored.",
  "x-amz-checksum-algorithm": "S3 computes this checksum of the bytes that arrive.",
  "x-amz-checksum-sha256": "The SHA-256 of your file. Your browser computed it, and S3 refuses other bytes.",
  "x-amz-algorithm": "How the policy is signed.",
  "x-amz-credential": "Who signed it: temporary credentials of the upload signer role, for S3 in one region on one day.",
  "x-amz-date": "When the policy was signed.",
  "x-amz-security-token": "Belongs to the temporary credentials. Their role can only store uploads.",
  policy: "What the form allows, in base64. Below it is decoded.",
  "x-amz-signature": "Proves that the API wrote the policy. S3 refuses a policy that was changed.",
  file: "Your file. It comes last, because S3 ignores fields after it.",
};

const PARTS = {
  upload_id: "The upload. Its record shows the state.",
  part_size_bytes: "The size of each part but the last.",
  part_count: "The number of parts.",
  expires_at: "When the upload takes no more parts.",
};

const SECRETS = ["policy", "x-amz-signature", "x-amz-security-token"];

const SHOWN_CHARS = 16;

export const short = (text) => (text.length > 3 * SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}… (${text.length} characters)` : text);

const ofField = (name) => FIELDS[name] ?? (name.startsWith("x-amz-meta-") ? "Metadata, which S3 keeps with the object." : "");

// The fields of a form as [name, value, meaning].
export function fields(form) {
  const rows = Object.entries(form.fields).map(([name, value]) => [name, SECRETS.includes(name) ? `${value.slice(0, SHOWN_CHARS)}… (${value.length} characters)` : value, ofField(name)]);
  return [...rows, ["file", "the bytes", FIELDS.file]];
}

// The policy of a form as [condition, value, meaning].
export function policy(form) {
  const { expiration, conditions } = JSON.parse(atob(form.fields.policy));
  const rows = conditions.map(condition);
  const own = rows.filter(([, , meaning]) => meaning);
  const ofFields = rows.filter(([, , meaning]) => !meaning);
  ofFields.at(-1)[2] = "Each field of the form is such a condition: S3 refuses another value, and a field that is not here.";
  return [["expiration", expiration, "S3 refuses the form from then on."], ...own, ...ofFields];
}

function condition(written) {
  if (Array.isArray(written)) {
    const [name, ...values] = written;
    if (name !== "content-length-range") return [name, values.join(" "), ""];
    const [least, most] = values;
    const meaning = least === most ? "The file has exactly this size. S3 refuses one byte more or less." : "S3 refuses a smaller or a larger file.";
    return [name, least === most ? `${least} bytes` : `${least} to ${most} bytes`, meaning];
  }
  const [[name, value]] = Object.entries(written);
  return [name, short(value), name === "bucket" ? "The form works for this bucket only." : ""];
}

// The answer that began an upload in parts, as [name, value, meaning].
export const parts = (begun) => Object.entries(begun).map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value), PARTS[name] ?? ""]);

// A signed URL without its secrets.
export function shortUrl(text) {
  const url = new URL(text);
  const query = [...url.searchParams].map(([name, value]) => `${name}=${/Signature$|Token$/.test(name) ? `${value.slice(0, 8)}…` : value}`);
  return `${url.origin}${url.pathname}?${query.join("&")}`;
}
