const http = require('node:http');

const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/healthz' ? 200 : 404);
  response.end();
});
server.listen(process.env.PORT || 3000, '0.0.0.0');
process.on('SIGTERM', () => server.close());
