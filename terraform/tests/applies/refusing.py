"""A proxy for EventBridge Pipes that answers as AWS does while a new role is not known everywhere yet."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local_aws import LocalAws

REFUSAL = {"__type": "ValidationException", "message": "The role cannot be assumed by principal 'pipes.amazonaws.com'."}


class RefusingPipes:
    """Refuses to make a pipe. With `kept`, makes the pipe and then reports that it failed. AWS does both."""

    def __init__(self, aws: LocalAws, kept: bool):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.answer(*(_passed(aws, self) if kept else (400, REFUSAL)))

            def do_GET(self) -> None:
                status, body = _passed(aws, self)
                failed = {"CurrentState": "CREATE_FAILED", "StateReason": REFUSAL["message"]}
                self.answer(status, body | failed if "Arn" in body else body)

            def answer(self, status: int, body: dict) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("x-amzn-errortype", body.get("__type", ""))
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> RefusingPipes:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def _passed(aws: LocalAws, asked: BaseHTTPRequestHandler) -> tuple[int, dict]:
    body = asked.rfile.read(int(asked.headers.get("content-length") or 0))
    headers = {name: value for name, value in asked.headers.items() if name.lower() in ("authorization", "content-type", "x-amz-date")}
    request = urllib.request.Request(aws.endpoint + asked.path, body or None, headers, method=asked.command)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")
