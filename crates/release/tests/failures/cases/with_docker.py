#!/usr/bin/env python3
"""Runs a command beside a Docker engine of its own: with_docker.py COMMAND. One at a time, since its bridge is the machine's.

There is an image `busybox`, made of the machine's own statically linked one where there is one, else of an empty file.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time

lock = open("/tmp/sea-failures-docker.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
folder = tempfile.mkdtemp()
os.environ.update(DOCKER_HOST=f"unix://{folder}/s", PATH="/usr/bin:" + os.environ["PATH"])
daemon = subprocess.Popen(
    ["dockerd", "--host", f"unix://{folder}/s", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
     "--pidfile", f"{folder}/pid", "--bip", "172.31.250.1/24"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
try:
    for _ in range(150):
        if subprocess.run(["docker", "info"], capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    os.makedirs(f"{folder}/image/bin")
    shutil.copy(shutil.which("busybox") or "/bin/false", f"{folder}/image/bin/busybox")
    os.link(f"{folder}/image/bin/busybox", f"{folder}/image/bin/sh")
    subprocess.run(f"tar -C {folder}/image -c . | docker import - busybox", shell=True, capture_output=True, check=True)
    ended = subprocess.run(["sh", "-c", sys.argv[1]]).returncode
finally:
    daemon.terminate()
    daemon.wait()
sys.exit(ended)
