"""Servers that are not reached, or not believed."""

GET = "require('https').get('https://localhost:' + process.env.PORT)\n"
PLAIN = "fetch('http://127.0.0.1:' + process.env.PORT).then(r => r.text())\n"
SERVED = "python3 $CASES/with_server.py %s 'node get.js'"

CASES = [
    dict(id="dns.node", run="node get.js", files={"get.js": "require('http').get('http://api.shop.invalid/')\n"}),
    dict(id="dns.curl", run="curl --fail -sS http://api.shop.invalid/health"),
    dict(id="dns.python", run="python3 get.py", files={
        "get.py": "import urllib.request\nurllib.request.urlopen('http://api.shop.invalid/')\n"}),
    dict(id="refused.node", run="node get.js", files={"get.js": "require('net').connect(9, '127.0.0.1')\n"}),
    dict(id="refused.curl", run="curl --fail -sS http://127.0.0.1:9/health"),
    dict(id="refused.python", run="python3 get.py", files={
        "get.py": "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"}),
    dict(id="tls-untrusted.node", run=SERVED % "self-signed", files={"get.js": GET}),
    dict(id="tls-untrusted.curl", run="python3 $CASES/with_server.py self-signed 'curl -sS https://localhost:$PORT/'"),
    dict(id="tls-expired", run="python3 $CASES/with_server.py expired 'NODE_EXTRA_CA_CERTS=$CERTIFICATE node get.js'",
         files={"get.js": GET}),
    dict(id="tls-other-name",
         run="python3 $CASES/with_server.py other-name 'NODE_EXTRA_CA_CERTS=$CERTIFICATE node get.js'", files={"get.js": GET}),
    dict(id="tls-untrusted.python", run="python3 $CASES/with_server.py self-signed 'python3 get.py'", files={
        "get.py": "import os, urllib.request\nurllib.request.urlopen('https://localhost:' + os.environ['PORT'])\n"}),
    dict(id="tls-not-spoken", run=SERVED % "200", files={"get.js": GET}),
    dict(id="timeout.curl", run="python3 $CASES/with_server.py silent 'curl -sS --max-time 1 http://127.0.0.1:$PORT/'"),
    dict(id="timeout.python", run="python3 $CASES/with_server.py silent 'python3 get.py'", files={
        "get.py": "import os, urllib.request\nurllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'], timeout=1)\n"}),
    dict(id="reset", run=SERVED % "reset", files={"get.js": "require('http').get('http://127.0.0.1:' + process.env.PORT)\n"}),
    dict(id="server-error.curl", run="python3 $CASES/with_server.py 503 'curl --fail -sS http://127.0.0.1:$PORT/'"),
    dict(id="too-many-requests",
         run="python3 $CASES/with_server.py 429 'npm install --fetch-retries=0 --registry=http://127.0.0.1:$PORT/'",
         files={"package.json": '{ "name": "shop", "dependencies": { "is-odd": "3.0.1" } }\n'}),
    dict(id="server-error.npm",
         run="python3 $CASES/with_server.py 503 'npm install --fetch-retries=0 --registry=http://127.0.0.1:$PORT/'",
         files={"package.json": '{ "name": "shop", "dependencies": { "is-odd": "3.0.1" } }\n'}),
]
