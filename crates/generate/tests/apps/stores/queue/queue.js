const http = require("node:http");
http.createServer((request, response) => response.end("ready\n")).listen(4000);
