const http = require('node:http');
const net = require('node:net');

const cache = new URL(process.env.REDIS_URL || 'redis://localhost:6379');
const token = process.env.API_TOKEN || '';

function ping() {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(cache.port), cache.hostname, () => socket.write('PING\r\n'));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(String(data).trim());
    });
    socket.on('error', reject);
  });
}

const server = http.createServer(async (request, response) => {
  if (request.url === '/readyz') {
    response.end('ready\n');
  } else if (request.url === '/cache') {
    response.end(await ping().catch((error) => error.message));
  } else if (request.url === '/token') {
    response.end(String(token.length));
  } else if (request.url === '/whoami') {
    response.end(String(process.getuid()));
  } else {
    response.statusCode = 404;
    response.end();
  }
});

server.listen(Number(process.env.PORT || 3000));
process.on('SIGTERM', () => {
  console.log('stopping');
  server.close();
  server.closeAllConnections();
});
