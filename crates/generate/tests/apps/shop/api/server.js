const http = require('node:http');

const server = http.createServer((request, response) => {
  if (request.url === '/healthz' || request.url === '/readyz') {
    response.end('ok\n');
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ items: [], currency: process.env.CURRENCY || 'EUR' }));
});
server.listen(process.env.PORT || 4000);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
