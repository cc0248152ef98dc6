// The page of an app for a browser, and a proxy for all its other requests. The proxy sees what reaches S3, and can keep
// requests back. `launchBehind` starts the browser.

import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { launch } from "./launch.mjs";

const types = { ".js": "text/javascript", ".html": "text/html" };

// `serve(pathname)` returns `{ body, type }` or nothing. `allow(request)` is awaited before a request goes on: it returns
// true, false to close the connection, or a status to answer with. `done(request, status)` sees each answer, and
// `loses(request)` says whether the browser never gets it. Of a request that `stalls(request)` names, only the beginning
// goes on.
export async function openProxy({ origin, serve, allow, stalls = () => false, loses = () => false, done }) {
  const server = createServer(async (asked, answer) => {
    const url = new URL(asked.url);
    if (url.origin === origin) {
      const served = await serve(url.pathname);
      const policy = { "content-security-policy": served?.policy ?? "", "cache-control": "no-store" };
      answer.writeHead(served ? 200 : 404, { "content-type": served?.type ?? "text/plain", ...policy });
      return answer.end(served?.body);
    }
    asked.on("error", () => {});
    const allowed = await allow(asked);
    if (!allowed) return answer.destroy();
    if (allowed !== true) {
      for await (const _ of asked);
      answer.writeHead(allowed, { "access-control-allow-origin": "*" });
      return answer.end();
    }
    const { method, headers } = asked;
    const sent = request(url, { method, headers, agent: false }, (told) => {
      done(asked, told.statusCode);
      if (loses(asked)) return answer.destroy();
      answer.writeHead(told.statusCode, told.headers);
      told.pipe(answer);
    });
    sent.on("error", () => answer.destroy());
    // Also if the browser goes away in the middle: an answer that nobody reads would keep this program running.
    answer.on("close", () => sent.destroy());
    if (!stalls(asked)) return asked.pipe(sent);
    asked.once("data", (begin) => {
      asked.pause();
      sent.write(begin);
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

// The number of the part that a request sends; 0 for another request.
export const partOf = ({ method, url }) => (method === "PUT" ? Number(new URL(url).searchParams.get("partNumber")) : 0);

export function launchBehind(plan, { port }, options = {}) {
  const proxied = ["--no-sandbox", `--proxy-server=http://127.0.0.1:${port}`, "--proxy-bypass-list=<-loopback>"];
  return launch(plan, {
    ...options,
    args: plan.browser === "chrome" ? [...proxied, "--disable-features=LocalNetworkAccessChecks"] : [],
    extraPrefsFirefox: {
      "network.proxy.type": 1,
      "network.proxy.http": "127.0.0.1",
      "network.proxy.http_port": port,
      "network.proxy.no_proxies_on": "",
      "network.proxy.allow_hijacking_localhost": true,
    },
  });
}

// A file of `folder`, by the rest of a path.
export async function fileIn(folder, rest) {
  const path = join(folder, normalize(`/${rest}`));
  const body = await readFile(path).catch(() => undefined);
  return body && { body, type: types[extname(path)] ?? "text/plain" };
}
