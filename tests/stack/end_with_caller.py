"""Runs a program, and ends it and all its processes when the caller ends.

The caller holds the other end of the pipe that is the standard input here. The pipe closes whenever
the caller ends, also after SIGKILL. A killed Terraform leaves its provider running, so this script
runs both in one process group. When the pipe closes, it removes the folder of this file and kills
the whole group.

Usage: end_with_caller.py PROGRAM [ARGUMENT...]
"""

import os
import shutil
import signal
import subprocess
import sys
import threading


def end_with_the_parent():
    while os.read(0, 4096):
        pass
    shutil.rmtree(os.path.dirname(os.path.abspath(__file__)), ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main():
    if os.getpgrp() != os.getpid():
        sys.exit("failed to start: end_with_caller.py must lead a process group of its own")
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    sys.exit(child.wait())


main()
