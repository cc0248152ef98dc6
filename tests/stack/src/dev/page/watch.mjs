// Sees what the page asks of the API and sends to S3, and changes nothing of it.

const fetchOfPage = window.fetch.bind(window);
const { open, send } = XMLHttpRequest.prototype;

// Asks without being seen.
export const ask = fetchOfPage;

const json = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

// `asks` and `sends` see each request before it begins. `asks` returns a function for the answer, `sends` too.
export function watch({ asks, sends }) {
  window.fetch = async (resource, options = {}) => {
    const url = new URL(resource, location.href);
    const request = { method: options.method ?? "GET", path: url.pathname, body: json(options.body), key: options.headers?.["idempotency-key"] };
    const answered = asks(request);
    const answer = await fetchOfPage(resource, options);
    // What the answer says is known before the page goes on.
    const text = answered && (await answer.clone().text().catch(() => undefined));
    if (text !== undefined) answered(answer.status, json(text));
    return answer;
  };

  const targets = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    targets.set(this, { method, url: String(url) });
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const answered = sends({ ...targets.get(this), body });
    this.addEventListener("loadend", () => answered?.(this.status, this.responseText));
    return send.call(this, body);
  };
}
