const http = require("node:http");

http
  .createServer((request, response) => response.end("ok"))
  .listen(process.env.PORT, () => console.log("listening on", process.env.PORT));
