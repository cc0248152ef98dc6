// The browser client in a real Chromium or a real Firefox, curl, and plain requests of the same browser send the same parts
// to the same place, in turns. All times go from the request for the upload to the answer that S3 has made the file.
//
// Usage: node throughput.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "client": folder, "bytes": size of the file,
//         "rounds": how often, or 0 to send the file once by the client alone,
//         "most": the client's time at most, in times of curl's, "isPlainToo": whether plain requests are measured too,
//         "bytesPerSecond": of the network to a server that keeps nothing, or, for a local S3, "endpoint": an upload
//         token's address, and "port": of the origin that the stack allows}
// Prints a line for each round, a line a check; ends with 1 if a check fails.

import { execFile } from "node:child_process";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openBare } from "./bare.mjs";
import { check, folder, plan } from "./script.mjs";
import { openSink } from "./sink.mjs";

const LANES = 6; // as many as the client has at most
const SIGNED = 1000; // URLs in one answer at most

async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(endpoint + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const part = join(folder, "part");
await writeFile(part, "");

async function curl() {
  const began = performance.now();
  const { upload_id, part_size_bytes } = await ask("/uploads/multipart", {
    filename: "large.bin", content_type: "application/octet-stream", size_bytes: plan.bytes,
  });
  await truncate(part, part_size_bytes);
  const count = plan.bytes / part_size_bytes;
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  const signed = [];
  while (numbers.length) {
    signed.push(...(await ask(`/uploads/${upload_id}/parts`, { part_numbers: numbers.splice(0, SIGNED) })).parts);
  }
  const config = signed.map(({ url }) => `upload-file = "${part}"\nurl = "${url}"\noutput = "/dev/null"\n`).join("next\nfail\n");
  await writeFile(join(folder, "curl"), `fail\n${config}`);
  const options = ["--parallel", "--parallel-max", String(LANES), "--silent", "--show-error", "--config", join(folder, "curl")];
  await promisify(execFile)("curl", options);
  await ask(`/uploads/${upload_id}/complete`, {});
  return performance.now() - began;
}

const { answer } = openSink(plan.bytesPerSecond);
const page = await openBare({ bytes: plan.bytes, endpoint: plan.endpoint, port: plan.port, answer });
const endpoint = plan.endpoint ?? `${page.origin}/api`;
async function client() {
  const { state, storedMs, busyMs } = await page.next();
  check("the file is available", state === "available", state);
  const said = `${plan.browser} ${(storedMs / 1000).toFixed(1)} s, longest task ${Math.round(busyMs)} ms`;
  return { storedMs, said };
}

try {
  const shares = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const curlMs = await curl();
    const plainMs = {};
    for (const [by, name] of plan.isPlainToo ? [["plain", "plain requests"], ["read", "those with each part read"]] : []) {
      const { state, storedMs } = await page.next(by);
      check(`${name} send the file`, storedMs > 0, state);
      plainMs[name] = storedMs;
    }
    const { storedMs, said } = await client();
    shares.push(storedMs / curlMs);
    const compared = (name, ms) => `${(storedMs / ms).toFixed(2)} times ${name} (${(ms / 1000).toFixed(1)} s)`;
    const floors = Object.entries(plainMs).map((entry) => compared(...entry));
    console.log(`    ${said}: ${[compared("curl", curlMs), ...floors].join(", ")}`);
  }
  if (plan.rounds) {
    const best = Math.min(...shares);
    check("the client is about as fast as curl", best <= plan.most, `it takes ${best.toFixed(2)} times as long`);
  } else {
    console.log(`    ${(await client()).said}`);
  }
} finally {
  page.close();
}
process.exit();
