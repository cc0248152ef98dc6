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
let longest; // task of the page's thread while the client sends

async function byPage(by) {
  const { state, storedMs, busyMs } = await page.next(by);
  if (!storedMs || !["available", undefined].includes(state)) throw new Error(`the page has not sent the file: ${state}`);
  if (by === "client") longest = busyMs === undefined ? "not measured" : `${Math.round(busyMs)} ms`;
  return storedMs;
}

const senders = [["client", () => byPage("client")], ["curl", curl]];
if (plan.isPlainToo) senders.push(["plain requests", () => byPage("plain")], ["those with each part read", () => byPage("read")]);
const inSeconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

try {
  const shares = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const times = {};
    senders.push(senders.shift()); // each round begins with another one
    for (const [name, send] of senders) times[name] = await send();
    const { client, ...others } = times;
    shares.push(client / others.curl);
    const compared = Object.entries(others).map(([name, ms]) => `${(client / ms).toFixed(2)} times ${name} (${inSeconds(ms)})`);
    console.log(`    ${plan.browser} ${inSeconds(client)}, longest task ${longest}: ${compared.join(", ")}`);
  }
  if (plan.rounds) {
    const best = Math.min(...shares);
    check("the client is about as fast as curl", best <= plan.most, `it takes ${best.toFixed(2)} times as long`);
  } else {
    console.log(`    ${plan.browser} ${inSeconds(await byPage("client"))}, longest task ${longest}`);
  }
} finally {
  page.close();
}
process.exit();
