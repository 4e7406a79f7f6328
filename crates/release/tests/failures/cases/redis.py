"""Redis."""

SERVE = "redis-server --port 0 --unixsocket $PWD/r --daemonize yes --save '' %s >/dev/null && sleep 1 && %s; E=$?; " \
        "redis-cli -s r %s shutdown nosave >/dev/null 2>&1; exit $E"

CASES = [
    dict(id="no-password", run=SERVE % ("--requirepass secret", "redis-cli -e -s r get cart", "-a secret")),
    dict(id="refused", run="redis-cli -h 127.0.0.1 -p 9 get cart"),
    dict(id="out-of-memory", run=SERVE % ("--maxmemory 1kb", "redis-cli -e -s r set cart 1", "")),
    dict(id="wrong-type", run=SERVE % ("", "redis-cli -e -s r set cart 1 && redis-cli -e -s r lpush cart 1", "")),
    dict(id="read-only", run=SERVE % ("--replicaof 127.0.0.1 9", "redis-cli -e -s r set cart 1", "")),
]
