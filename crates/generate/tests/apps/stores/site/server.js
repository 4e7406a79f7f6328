const http = require("node:http");
http.createServer((request, response) => response.end(process.env.REQUIRED_BY_CODE.length + "\n")).listen(3000);
