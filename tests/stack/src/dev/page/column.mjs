// The column: one trace for each file that the page sends.

import { Trace } from "./trace.mjs";
import { watch } from "./watch.mjs";

const { jwt } = JSON.parse(document.getElementById("pipeline-data").textContent);
const list = document.getElementById("pipeline-traces");
const news = document.getElementById("pipeline-news");

const byKey = new Map(); // traces of a request, by its idempotency key
const byId = new Map();
const byUrl = new Map(); // of parts
let clicked = Date.now();

// The first file fills the trace that shows the path from the beginning.
let empty = make();

function make() {
  const trace = new Trace(jwt, (text) => (news.textContent = text));
  list.prepend(trace.element);
  return trace;
}

function begin(file) {
  const isFollowing = [...byId.values()].some((trace) => trace.isUnderWay);
  const trace = empty ?? make();
  empty = undefined;
  if (!isFollowing) for (const { element } of byId.values()) element.open = false;
  trace.begin(file, clicked, !isFollowing);
  return trace;
}

const ofPage = location.pathname;

// The traces of a request that makes uploads. A repeated request has the same.
function begun({ key, body }) {
  const files = body?.uploads ?? [body];
  if (!byKey.has(key)) byKey.set(key, files.map(begin));
  return byKey.get(key);
}

function asks(request) {
  if (!request.path.startsWith(`${ofPage}/uploads`)) return;
  const route = request.path.slice(ofPage.length);
  const { method, body } = request;
  if (method === "POST" && ["/uploads", "/uploads/batch", "/uploads/multipart"].includes(route)) {
    const traces = begun(request);
    return (status, answer) => traces.forEach((trace, index) => issued(trace, status, answer?.uploads?.[index] ?? answer));
  }
  const [, , id, rest] = route.split("/");
  const trace = byId.get(id) ?? goneOn(id);
  return (status, answer) => {
    if (method === "GET" && !rest) trace.observed(answer);
    if (rest === "parts" && body && status < 300) signed(trace, answer.parts);
    if (rest === "complete") trace.completed(status, answer);
  };
}

// An upload in parts that began before the page was loaded again.
function goneOn(id) {
  const trace = begin({ filename: `Upload ${id}` });
  issued(trace, 200, { upload_id: id });
  return trace;
}

function issued(trace, status, answer) {
  if (status < 300) byId.set(answer.upload_id, trace);
  trace.issued(status, answer);
}

function signed(trace, parts) {
  for (const part of parts) byUrl.set(part.url, { trace, number: part.part_number });
  trace.signed(parts);
}

function sends({ url, body }) {
  if (body instanceof FormData) {
    const trace = byId.get(body.get("key")?.split("/").pop());
    return trace && ((status, text) => trace.sent(status, text));
  }
  const part = byUrl.get(url);
  return part && ((status) => part.trace.sentPart(part.number, status, body.size));
}

for (const type of ["change", "drop", "paste", "click"]) {
  const note = ({ target }) => {
    if (!target.closest?.("#pipeline")) clicked = Date.now();
  };
  document.addEventListener(type, note, true);
}

watch({ asks, sends });
