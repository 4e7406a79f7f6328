"""Docker: engine, images, builds, containers."""


def build(id, dockerfile, run="docker build -q .", kit="0", **files):
    return dict(id=id, run=f"python3 $CASES/with_docker.py 'DOCKER_BUILDKIT={kit} {run}'",
                files={"Dockerfile": dockerfile, **files})


def engine(id, command):
    return dict(id=id, run=f"python3 $CASES/with_docker.py '{command}'")


CASES = [
    dict(id="engine-missing", run="docker -H unix:///var/run/no-docker.sock ps"),
    build("copy-missing", "FROM busybox\nCOPY dist /app\n"),
    build("copy-missing.buildkit", "FROM busybox\nCOPY dist /app\n", kit="1"),
    build("unknown-instruction", "FROM busybox\nCOPPY . /app\n"),
    build("run-failed", "FROM busybox\nRUN /bin/busybox ls /no-such-folder\n", run="docker build ."),
    build("run-failed.buildkit", "FROM busybox\nRUN /bin/busybox ls /no-such-folder\n", run="docker build .", kit="1"),
    engine("dockerfile-missing", "docker build -f Dockerfile.prod ."),
    engine("image-not-found", "python3 $CASES/with_server.py no-image \"docker pull 127.0.0.1:\\$PORT/shop:1.0\""),
    engine("registry-unauthorized", "python3 $CASES/with_server.py 401 \"docker pull 127.0.0.1:\\$PORT/shop:1.0\""),
    engine("network/dns.docker", "docker pull registry.shop.invalid/shop:1.0"),
    engine("port-taken", "docker run -d -p 127.0.0.1:18931:80 busybox /bin/busybox sleep 60 >/dev/null; "
           "docker run -d -p 127.0.0.1:18931:80 busybox /bin/busybox sleep 60; E=$?; docker rm -f $(docker ps -aq) >/dev/null; exit $E"),
    engine("name-taken", "docker create --name web busybox /bin/sh >/dev/null; docker create --name web busybox /bin/sh"),
    engine("executable-missing", "docker run --rm busybox /app/server"),
    engine("container-missing", "docker exec web ls"),
    engine("network-missing", "docker run --rm --network shop busybox /bin/busybox true"),
    engine("volume-in-use", "docker volume create data >/dev/null; docker create --name web -v data:/data busybox /bin/sh >/dev/null; "
           "docker volume rm data"),
]
