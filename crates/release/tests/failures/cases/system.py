"""What a program finds, or does not, on the machine."""

CASES = [
    dict(id="command-missing", run="npm run build", files={
        "package.json": '{ "name": "shop", "scripts": { "build": "tailwind-no-such -o out.css" } }\n'}),
    dict(id="command-missing.bash", run="bash build.sh", files={"build.sh": "#!/bin/bash\necho building\nprotoc-no-such --out .\n"}),
    dict(id="script-not-executable", run="./build.sh", files={"build.sh": "#!/bin/sh\necho built\n"}),
    dict(id="interpreter-missing", setup="chmod +x build.sh", run="./build.sh", files={"build.sh": "#!/usr/bin/env zsh5\necho built\n"}),
    dict(id="line-ends", setup="chmod +x build.sh", run="./build.sh", files={"build.sh": "#!/usr/bin/env bash\r\necho built\r\n"}),
    dict(id="permission-denied.node", setup="mkdir -m 755 /tmp/sea-failure-data; touch /tmp/sea-failure-data/state", run=
         "setpriv --reuid=64123 --clear-groups --inh-caps=-all --bounding-set=-all sh -c 'cd / && node -e "
         "\"require(\\\"fs\\\").writeFileSync(\\\"/tmp/sea-failure-data/state\\\", \\\"x\\\")\"'"),
    dict(id="permission-denied.python", setup="mkdir -p -m 755 /tmp/sea-failure-data; touch /tmp/sea-failure-data/state", run=
         "setpriv --reuid=64123 --clear-groups --inh-caps=-all --bounding-set=-all sh -c 'cd / && /usr/bin/python3 -c "
         "\"open(\\\"/tmp/sea-failure-data/state\\\", \\\"w\\\")\"'"),
    dict(id="file-missing.node", run="node server.js", files={"server.js": "require('fs').readFileSync('certs/key.pem')\n"}),
    dict(id="too-many-files", run="ulimit -n 40; node server.js", files={
        "server.js": "const fs = require('fs')\nfor (;;) fs.openSync('server.js')\n"}),
    dict(id="exec-format", setup="printf '\\177ELF\\002\\001\\001\\000garbage' > tool && chmod +x tool", run="bash -c ./tool"),
    dict(id="library-missing", setup="echo 'int price(){return 1;}' > p.c && echo 'int price();int main(){return price();}' > m.c && "
         "cc -shared -fPIC -o libprice.so p.c && cc -o shop m.c -L. -lprice && rm libprice.so", run="./shop"),
    dict(id="segmentation-fault", setup="echo 'int main(){volatile int*p=0;return *p;}' > m.c && cc -o shop m.c",
         run="bash -c './shop; exit $?'"),
    dict(id="chdir-missing", run="cd frontend && npm run build"),
    dict(id="timed-out", run="timeout --verbose 1 sleep 20"),
]
