"""Ports that cannot be had."""

CASES = [
    dict(id="in-use.node", run="node server.js", files={
        "server.js": "const http = require('http')\nhttp.createServer().listen(0, '127.0.0.1', function () {\n"
                     "  http.createServer().listen(this.address().port, '127.0.0.1')\n})\n"}),
    dict(id="in-use.python", run="python3 $CASES/with_server.py 200 'python3 -m http.server --bind 127.0.0.1 $PORT'"),
    dict(id="in-use.rust", setup="cargo build -q --offline", run="target/debug/shop", files={
        "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": "use std::net::TcpListener;\n\nfn main() {\n    let first = TcpListener::bind(\"127.0.0.1:0\").unwrap();\n"
                       "    TcpListener::bind(first.local_addr().unwrap()).unwrap();\n}\n"}),
    dict(id="in-use.go", run="go run .", files={
        "go.mod": "module example.com/shop\n\ngo 1.19\n",
        "main.go": 'package main\n\nimport (\n\t"log"\n\t"net"\n\t"net/http"\n)\n\nfunc main() {\n'
                   '\tl, _ := net.Listen("tcp", "127.0.0.1:0")\n\tlog.Fatal(http.ListenAndServe(l.Addr().String(), nil))\n}\n'}),
    dict(id="in-use.flask", run="python3 $CASES/with_server.py 200 'flask --app app run --port $PORT'", files={
        "app.py": "from flask import Flask\napp = Flask(__name__)\n"}),
    dict(id="privileged", run="setpriv --reuid=64123 --clear-groups --inh-caps=-all --bounding-set=-all sh -c "
         "'cd / && node -e \"require(\\\"net\\\").createServer().listen(80)\"'"),
    dict(id="address-not-here", run="node server.js", files={
        "server.js": "require('net').createServer().listen(3000, '192.0.2.10')\n"}),
]
