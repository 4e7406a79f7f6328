const http = require('http');

const server = http.createServer((req, res) => {
  if (req.url === '/api/ping') {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ pong: true }));
    return;
  }
  res.setHeader('Content-Type', 'text/html');
  res.end('<h1>No framework</h1>');
});

server.listen(8391, () => console.log('http://localhost:8391'));
