// An API and an S3 that count the bytes of one upload and keep none.

import { setTimeout as wait } from "node:timers/promises";

const PART_BYTES = 8 * 2 ** 20;

// `bytesPerSecond` is what its network takes, of all parts together.
export function openSink(bytesPerSecond = Infinity) {
  const sink = { arrived: 0, state: "pending", answer };
  let freeAt = 0;

  // The network is busy for as long as the chunk takes.
  async function pass(bytes) {
    sink.arrived += bytes;
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + (bytes / bytesPerSecond) * 1000;
    if (freeAt - now > 20) await wait(freeAt - now);
  }

  async function answer(request, pathname) {
    if (pathname === "/part") {
      for await (const chunk of request) await pass(chunk.length);
      return {};
    }
    const body = Buffer.concat(await request.toArray());
    if (pathname === "/api/uploads/multipart") {
      Object.assign(sink, { arrived: 0, state: "pending" });
      return { upload_id: "large", part_size_bytes: PART_BYTES };
    }
    if (pathname === "/api/uploads/large/complete") sink.state = "available";
    if (pathname !== "/api/uploads/large/parts") return { state: sink.state };
    const { origin } = new URL(`http://${request.headers.host}`);
    const signed = (part_number) => ({ part_number, url: `${origin}/part?number=${part_number}` });
    return { parts: JSON.parse(body).part_numbers.map(signed) };
  }

  return sink;
}
