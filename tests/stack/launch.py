"""Runs the emulator for as long as the program that started it lives.

The standard input is a pipe whose other end that program holds. It ends in every way in which
the program can end, SIGKILL included; then the server is asked to stop, its functions with it,
and its folder is removed.

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

GRACE_S = 5
# Longer than a client keeps a connection that it does not use: 90 s in Go, and so in Terraform's provider.
IDLE_S = 600


def clean_up(run_folder):
    """Removes what the server leaves, its functions' processes included."""
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
    """Leaves it to the clients to close connections.

    The server would close one after 1,000 requests, or after 75 s without a request, while its client may be
    sending the next one. On a busy machine the server may carry that request out and lose the answer.
    """
    Config.keep_alive_max_requests = sys.maxsize
    # A property, because the emulator sets it.
    Config.keep_alive_timeout = property(lambda _: IDLE_S, lambda *_: None)

    # A connection that its client has closed would stay open for as long as an unused one: some thousand
    # files, which is more than a process may have.
    read = TCPServer._read_data

    async def read_to_the_end(self):
        await read(self)
        await self.idle_task.stop()

    TCPServer._read_data = read_to_the_end


def main():
    run_folder = sys.argv[1]
    if os.getpgrp() != os.getpid():
        sys.exit("failed to start: launch.py must lead a process group of its own")
    # A signal that comes before the server has its own handler must still end in the cleaning.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=stop_with_the_parent, args=(run_folder,), daemon=True).start()
    keep_connections_as_their_clients_do()
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__", alter_sys=True)
    finally:
        clean_up(run_folder)


main()
