"""Runs a program that ends when the one that asked for it ends, with all that it has started.

The standard input is a pipe whose other end the asking program holds. Terraform leaves its
provider running when it is killed; here both are in one process group, which goes as a whole, and
the folder in which this file lies goes with it.

Usage: leash.py PROGRAM [ARGUMENT...]
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
        sys.exit("failed to start: leash.py must lead a process group of its own")
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    sys.exit(child.wait())


main()
