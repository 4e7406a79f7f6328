#!/usr/bin/env python3
"""Runs a command beside a PostgreSQL of its own: with_postgres.py COMMAND. PGHOST, PGPORT and PGUSER say where.

SQL in `setup.sql` runs first. The command speaks as `app`, who may log in with the password `secret` and owns `app`.
"""

import glob
import os
import socket
import subprocess
import sys
import tempfile

binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
folder = tempfile.mkdtemp()
os.chmod(folder, 0o777)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = str(free.getsockname()[1])
# The server refuses to run as root.
user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
quiet = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
with open(f"{folder}/pw", "w") as file:
    file.write("secret")
subprocess.run([*user, f"{binaries}/initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "scram-sha-256",
                f"--pwfile={folder}/pw", "-N"], **quiet)
options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=6"
options += " -c superuser_reserved_connections=1 -c fsync=off -c log_destination=stderr"
control = [*user, f"{binaries}/pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log"]
subprocess.run([*control, "-o", options, "start"], **quiet)
os.environ.update(PGHOST="127.0.0.1", PGPORT=port, PGUSER="postgres", PGPASSWORD="secret")
psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
try:
    subprocess.run([*psql, "-c", "create role app login password 'secret'", "-c", "create database app owner app"], **quiet)
    if os.path.exists("setup.sql"):
        subprocess.run([*psql, "-d", "app", "-f", "setup.sql"], check=True, stdout=subprocess.DEVNULL)
    os.environ.update(PGUSER="app", PGDATABASE="app")
    ended = subprocess.run(["sh", "-c", sys.argv[1]]).returncode
finally:
    subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
sys.exit(ended)
