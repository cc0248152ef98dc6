// The trace of one file: its six steps, and what is known of each. All that others wrote is shown as text only.

import { fields, parts, policy, short, shortUrl } from "./meanings.mjs";
import { ask } from "./watch.mjs";

const LOG_TRIES = 40;
const LOG_EVERY_MS = 250;

const template = document.getElementById("pipeline-trace");

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pretty = (value) => JSON.stringify(value, null, 2);

const made = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

// Rows of [name, value, meaning].
function table(rows) {
  const list = document.createElement("dl");
  for (const [name, value, meaning] of rows) {
    const row = document.createElement("div");
    row.append(made("dt", name), made("dd", value));
    if (meaning) row.append(Object.assign(made("dd", meaning), { className: "pipeline-meaning" }));
    list.append(row);
  }
  return list;
}

export class Trace {
  #jwt
  #tell
  #answers = []; // about links
  #parts = new Map();
  #isSettled = false;
  isUnderWay = false;

  constructor(jwt, tell) {
    this.#jwt = jwt;
    this.#tell = tell;
    this.element = template.content.cloneNode(true).firstElementChild;
    this.element.classList.add("pipeline-empty");
    for (const details of this.element.querySelectorAll("li details > div")) details.append(made("p", "Nothing yet."));
    this.#button("link").addEventListener("click", () => this.#link());
    this.#button("revoke").addEventListener("click", () => this.#revoke());
    this.element.addEventListener("toggle", () => this.#read());
  }

  // `clicked` is when the person chose the file, in milliseconds since 1970.
  begin({ filename }, clicked, isOpen) {
    this.clicked = clicked;
    this.element.classList.remove("pipeline-empty");
    this.#call(filename);
    this.element.open = isOpen;
    this.#outcome("under way");
  }

  // The API has answered to the request for a form, or for parts.
  issued(status, answer) {
    if (status >= 300) return this.#fail("issue", status, 0, answer, answer?.message ?? "The API refused it.");
    this.id = answer.upload_id;
    if (answer.fields) {
      this.#came("issue", "signed");
      this.#fill("issue", 0, table(fields(answer)));
      this.#fill("issue", 1, table(policy(answer)));
    } else {
      this.#came("issue", "begun");
      this.#step("issue").querySelector("h4").textContent = "The API begins an upload in parts";
      this.#step("issue").querySelector("summary").textContent = "The upload";
      this.#fill("issue", 0, table(parts(answer)));
      this.#step("issue").querySelectorAll("summary")[1].textContent = "The signed URLs of the parts";
    }
  }

  // The API has signed URLs of parts.
  signed(signed) {
    for (const { part_number: number, url } of signed) this.#parts.set(number, { ...this.#parts.get(number), url });
    const rows = [...this.#parts].sort(([one], [other]) => one - other);
    this.#fill("issue", 1, table(rows.map(([number, { url }]) => [`Part ${number}`, shortUrl(url), ""])));
  }

  sentPart(number, status, bytes) {
    this.#parts.set(number, { ...this.#parts.get(number), status, bytes });
    const sent = [...this.#parts].filter(([, part]) => part.status).sort(([one], [other]) => one - other);
    const stored = sent.filter(([, part]) => part.status < 300).length;
    this.#came("send", `${stored} sent`, "under way");
    this.#fill("send", 0, table(sent.map(([number, { status, bytes }]) => [`Part ${number}`, `${bytes} bytes: ${status}`, ""])));
  }

  completed(status, answer) {
    if (status === 200) this.#came("send", "complete");
    else if (status !== 503) this.#fail("send", status, 0, answer, answer?.message ?? "");
  }

  // S3 has answered to the form.
  sent(status, text) {
    const code = /<Code>([^<]*)/.exec(text)?.[1];
    if (status >= 300) return this.#fail("send", status || "no answer", 0, undefined, code ?? "", text);
    this.#came("send", `${status}`);
    this.#fill("send", 0, made("pre", text.replaceAll("><", ">\n<")));
  }

  // The page has read the state.
  observed(upload) {
    if (this.#isSettled || !["available", "rejected"].includes(upload?.state)) return;
    this.#isSettled = true;
    this.#outcome(upload.state);
    this.#read();
  }

  // Reads the record and the log, once, when a person looks.
  async #read() {
    if (!this.#isSettled || !this.element.open || this.record) return;
    this.record = true;
    const upload = await this.#ask("GET", `/uploads/${this.id}`);
    const { state, filename, recorded, rejection } = upload;
    this.#call(filename);
    this.#came("record", state, state);
    this.#fill("record", 0, made("pre", pretty(upload)));
    if (rejection) {
      this.#say("verdict", `${rejection.reason}: ${rejection.detail}`);
      this.#say("link", "There is no link to a file that was rejected.");
    }
    this.#came("event", "received", "", Date.parse(recorded?.recorded_at ?? rejection.rejected_at));
    this.#button("link").disabled = state !== "available";
    this.#logged(state);
  }

  async #logged(state) {
    for (let tries = 0; tries < LOG_TRIES; tries += 1) {
      const lines = await (await ask(`/dev/log/${this.id}`)).json();
      const line = lines.find(({ verdict }) => ["pinned", "rejected"].includes(verdict));
      if (line) {
        this.#came("verdict", line.verdict, state, Date.parse(line.timestamp));
        this.#fill("verdict", 0, made("pre", pretty(line)));
        this.#fill("event", 0, table([
          ["key", `uploads/${this.id}`, "The object."],
          ["version_id", line.version_id, "The version. A later version of the same key is another event."],
          ["message id", line.request_id, "The message in the queue that brought the event."],
        ]));
        return;
      }
      await wait(LOG_EVERY_MS);
    }
  }

  async #link() {
    const clicked = Date.now();
    const link = await this.#answered("POST", `/uploads/${this.id}/links`, {});
    this.link = link;
    const shown = this.#step("link").querySelector(".pipeline-link");
    Object.assign(shown.firstElementChild, { href: link.url, textContent: link.url });
    shown.hidden = false;
    this.#bound(`Open it: it leads to the file. If you revoke it now, every URL that it gave out is dead within ${link.dead_within_s} s.`);
    this.#button("revoke").disabled = false;
    this.#came("link", link.state, "", Date.now(), clicked);
  }

  async #revoke() {
    const clicked = Date.now();
    this.#button("revoke").disabled = true;
    const link = await this.#answered("DELETE", `/links/${this.link.link_id}`);
    this.#bound(`Revoked: open it again. Every URL that it gave out is dead within ${link.dead_within_s} s.`);
    this.#came("link", link.state, "", Date.now(), clicked);
    this.#tell(`The link to ${this.name} is revoked.`);
  }

  #bound(text) {
    const shown = this.#step("link").querySelector(".pipeline-bound");
    shown.textContent = text;
    shown.hidden = false;
  }

  async #answered(method, path, body) {
    const answer = await this.#ask(method, path, body);
    this.#answers.push(made("p", `${method} ${short(path)}`), made("pre", pretty(answer)));
    this.#fill("link", 0, ...this.#answers);
    return answer;
  }

  // Asks the API as the owner's app does.
  async #ask(method, path, body) {
    const headers = { authorization: `Bearer ${this.#jwt}`, ...(body && { "content-type": "application/json" }) };
    const answer = await ask(path, { method, headers, body: body && JSON.stringify(body) });
    return answer.json();
  }

  #call(name) {
    this.name = name;
    this.element.querySelector("bdi").textContent = name;
  }

  #step(name) {
    return this.element.querySelector(`[data-step=${name}]`);
  }

  #button(does) {
    return this.element.querySelector(`[data-does=${does}]`);
  }

  #fill(step, index, ...content) {
    this.#step(step).querySelectorAll("details > div")[index].replaceChildren(...content);
  }

  #say(step, text) {
    this.#step(step).querySelector(".pipeline-about span").textContent = text;
  }

  // Marks a step as done, with what came of it and when.
  #came(step, what, state = "", at = Date.now(), clicked = this.clicked) {
    const element = this.#step(step);
    const [result, time] = element.querySelectorAll(".pipeline-came > *");
    element.dataset.came = state || "done";
    result.textContent = what;
    time.textContent = `${Math.max(0, at - clicked).toLocaleString("en")} ms`;
  }

  #fail(step, status, index, answer, said, text = pretty(answer)) {
    this.#came(step, String(status), "rejected");
    this.#fill(step, index, made("p", said), made("pre", text ?? ""));
    this.#outcome("refused");
  }

  #outcome(text) {
    this.isUnderWay = text === "under way";
    if (!this.isUnderWay) this.#tell(`${this.name}: ${text}`);
    this.element.dataset.outcome = text;
    this.element.querySelector(".pipeline-outcome").textContent = text;
  }
}
