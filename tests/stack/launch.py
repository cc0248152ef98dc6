"""Runs the emulator until the program that started this script ends.

That program holds the other end of the pipe that is the standard input here. The pipe closes
whenever the program ends, also after SIGKILL. Then this script stops the emulator and its
functions, and removes their folder.

Usage: launch.py RUN_FOLDER
"""

import os
import runpy
import shutil
import signal
import sys
import threading
import time

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from ministack import app as emulator
from ministack.services import s3

GRACE_S = 5
# A client keeps an idle connection for a shorter time: Terraform's provider for 90 s, Go's default.
IDLE_S = 600
# How many answers to Terraform's provider are kept. It repeats a request within seconds.
KEPT_ANSWERS = 1000


def clean_up(run_folder):
    """Removes the server's folder and ends the processes of its functions."""
    shutil.rmtree(run_folder, ignore_errors=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def stop_with_the_parent(run_folder):
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    shutil.rmtree(run_folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def keep_connections_as_their_clients_do():
    """Lets only the clients close connections.

    By default the server closes a connection after 1,000 requests, or after 75 s without a request. At that
    moment its client may be sending the next request. On a busy machine the server may then carry out the
    request and lose the answer.
    """
    Config.keep_alive_max_requests = sys.maxsize
    # The emulator sets this attribute. A property ignores the assignment.
    Config.keep_alive_timeout = property(lambda _: IDLE_S, lambda *_: None)

    # Without this, the server keeps a connection that its client has closed for as long as an idle one. That
    # makes thousands of open files, which is more than a process may have.
    read = TCPServer._read_data

    async def read_to_the_end(self):
        await read(self)
        await self.idle_task.stop()

    TCPServer._read_data = read_to_the_end


def repeat_an_answer_that_terraforms_provider_lost():
    """Answers a repeated request of Terraform's provider as it answered the first one, if that one succeeded.

    On a busy machine the provider sometimes loses an answer. Then its SDK sends the request again, with the same
    invocation id (https://github.com/aws/aws-sdk-go-v2/issues/2737). The emulator has already carried out the first
    request: it would make a second event source mapping, or say that the permission exists already.
    """
    serve = emulator.app
    answers = {}

    async def serve_once(scope, receive, send):
        headers = {name.lower(): value for name, value in scope.get("headers", [])}
        invocation = headers.get(b"amz-sdk-invocation-id")  # without one, no request is known as repeated
        if not invocation or b"terraform-provider-aws" not in headers.get(b"user-agent", b""):
            return await serve(scope, receive, send)
        if invocation in answers:
            while (await receive()).get("more_body"):
                pass  # The server closes the connection of a request that nobody has read.
            for message in answers[invocation]:
                await send(message)
            return None
        messages = []

        async def keep(message):
            messages.append(message)
            is_last = message["type"] == "http.response.body" and not message.get("more_body")
            if is_last and messages[0]["status"] < 300:
                answers[invocation] = messages
                if len(answers) > KEPT_ANSWERS:
                    del answers[next(iter(answers))]
            await send(message)

        return await serve(scope, receive, keep)

    emulator.app = serve_once


def leave_the_checksum_of_parts_to_the_proxy():
    """Lets a multipart upload with CRC64NVME have no checksum here.

    S3 computes the checksum of the whole object, and the emulator one of the parts' checksums, which takes
    seconds. The proxy computes what S3 does.
    """
    resolve = s3._resolve_multipart_checksum_algorithm

    def resolve_others(headers):
        algorithm, error = resolve(headers)
        return (None if algorithm == "CRC64NVME" else algorithm), error

    s3._resolve_multipart_checksum_algorithm = resolve_others


def main():
    run_folder = sys.argv[1]
    if os.getpgrp() != os.getpid():
        sys.exit("failed to start: launch.py must lead a process group of its own")
    # A signal may come before the server has installed its own handler. It must lead to `clean_up` too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=stop_with_the_parent, args=(run_folder,), daemon=True).start()
    keep_connections_as_their_clients_do()
    repeat_an_answer_that_terraforms_provider_lost()
    leave_the_checksum_of_parts_to_the_proxy()
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__", alter_sys=True)
    finally:
        clean_up(run_folder)


main()
