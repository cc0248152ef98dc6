//! What is running where, and lines to paste.

use stack::Stack;

/// What is printed once the walk is over.
pub(crate) fn text(stack: &Stack, page: &str) -> String {
    let at = stack.coordinates();
    format!(
        r#"
Running
  page          {page}
  API           {api}
  AWS endpoint  {endpoint}  ({region})
  bucket        {bucket}
  table         {table}
  queue         {queue}
  dead letters  {dead}
  log           {log}

An upload from a shell, on the file F:

  export API='{api}' F=LICENSE-MIT
  export JWT={jwt}

  curl -fsS "$API/uploads" -H "authorization: Bearer $JWT" -H 'content-type: application/json' \
    -d "{{\"filename\":\"$(basename "$F")\",\"content_type\":\"text/plain\",\"size_bytes\":$(($(wc -c <"$F")))}}" >upload.json
  {fields} <upload.json | curl -fsS -K - -F "file=@$F"
  ID=$({id} <upload.json)
  curl -fsS "$API/uploads/$ID" -H "authorization: Bearer $JWT"
  curl -fsS "$API/uploads/$ID/links" -H "authorization: Bearer $JWT" -H 'content-type: application/json' -d '{{}}'
  curl -LOJ 'the url of that answer'

Ctrl-C ends it all and leaves nothing behind."#,
        api = at.api_url,
        endpoint = at.endpoint.as_deref().unwrap_or_default(),
        region = at.region,
        bucket = at.bucket,
        table = at.table,
        queue = at.queue_url,
        dead = at.dead_letter_queue_url,
        log = stack.server().log_path().display(),
        jwt = at.jwt,
        fields = FIELDS_FOR_CURL,
        id = UPLOAD_ID,
    )
}

/// The form's URL and fields as curl's own configuration, which needs no quoting by the shell.
const FIELDS_FOR_CURL: &str = r#"python3 -c 'import json, sys
u = json.load(sys.stdin)
print("url =", json.dumps(u["url"]))
for field in u["fields"].items(): print("form-string =", json.dumps("=".join(field), ensure_ascii=False))'"#;

const UPLOAD_ID: &str = r#"python3 -c 'import json, sys; print(json.load(sys.stdin)["upload_id"])'"#;
