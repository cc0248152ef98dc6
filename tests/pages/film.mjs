// Makes a film in Chromium itself: FRAMES frames of noise with a number on each, VP8 in WebM with an
// index, so that seeking needs a range of its own. Large on purpose: no browser fetches it whole.
//
// Usage: node film.mjs CHROMIUM FILE
import { writeFile, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const [executablePath, file] = process.argv.slice(2);
const muxer = await readFile(new URL("node_modules/mediabunny/dist/bundles/mediabunny.min.mjs", import.meta.url));

const server = createServer((request, response) => {
  if (request.method === "POST") {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      await writeFile(file, Buffer.concat(chunks));
      response.end();
    });
  } else if (request.url === "/muxer.js") {
    response.setHeader("content-type", "text/javascript").end(muxer);
  } else {
    response.setHeader("content-type", "text/html").end("<!DOCTYPE html><title>film</title>");
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

async function shoot() {
  const { Output, WebMOutputFormat, BufferTarget, CanvasSource } = await import("/muxer.js");
  const [frames, seconds] = [240, 0.5];
  const canvas = new OffscreenCanvas(320, 240);
  const pen = canvas.getContext("2d");
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const source = new CanvasSource(canvas, { codec: "vp8", bitrate: 4_000_000, keyFrameInterval: 2 });
  output.addVideoTrack(source, { frameRate: 1 / seconds });
  await output.start();
  const noise = pen.createImageData(320, 240);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let at = 0; at < noise.data.length; at += 65536) crypto.getRandomValues(noise.data.subarray(at, at + 65536));
    for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255;
    pen.putImageData(noise, 0, 0);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, 160, 60);
    pen.fillStyle = "black";
    pen.font = "48px sans-serif";
    pen.fillText(String(frame), 10, 48);
    await source.add(frame * seconds, seconds);
  }
  await output.finalize();
  await fetch("/film", { method: "POST", body: output.target.buffer });
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(`(${shoot})()`);
} finally {
  await browser.close();
  server.close();
}
