//! The app that is shipped: one server that does all that a proxy has to pass on, and goes wrong as its files say.

/// Answers with the word of its commit. `mode` says how it goes wrong.
pub(crate) const SERVER: &str = r"
const http = require('http'), crypto = require('crypto'), fs = require('fs');
const word = fs.readFileSync('word', 'utf8').trim();
const mode = fs.existsSync('mode') ? fs.readFileSync('mode', 'utf8').trim() : 'good';
if (mode === 'crash-at-start') { console.error('Error: the harbour is closed'); process.exit(3); }
const text = (response, status, body) => {
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
};
let orders = 0;
const kept = [];
const server = http.createServer((request, response) => {
  if (request.url === '/readyz') return text(response, mode === 'never-ready' ? 503 : 200, 'ready');
  if (request.url === '/orders' && mode === 'errors' && ++orders % 2 === 0) return text(response, 500, 'broken');
  if (request.url === '/orders' && mode === 'slow') return setTimeout(() => text(response, 200, 'late'), 500);
  if (request.url === '/orders' && mode === 'keeps') kept.push(Buffer.alloc(4 << 20, 1));
  if (request.url === '/orders' && mode === 'refuses') return text(response, 500, 'broken');
  if (request.url === '/' && mode === 'complains') console.error('Error: the chart is lost');
  if (request.url === '/' && mode === 'fails-later' && fs.existsSync('leak')) return text(response, 500, 'leaks');
  if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const ticker = setInterval(() => response.write(`data: ${word}\n\n`), 100);
    response.on('close', () => clearInterval(ticker));
    return;
  }
  if (request.method === 'POST') {
    let size = 0;
    request.on('data', (part) => { size += part.length; });
    request.on('end', () => text(response, 200, `${size}`));
    return;
  }
  text(response, 200, `${word} ${process.pid}`);
});
server.on('upgrade', (request, socket) => {
  const key = (request.headers['sec-websocket-key'] || '') + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = crypto.createHash('sha1').update(key).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
});
server.keepAliveTimeout = 60000;
server.listen(process.env.PORT, '127.0.0.1', () => {
  console.log('listening');
  if (mode === 'crash-later') setInterval(() => {
    if (fs.existsSync('leak')) { console.error('Error: sprang a leak'); process.exit(7); }
  }, 50);
});
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 1000).unref();
});
";

/// A configuration whose environment is described by these lines.
pub(crate) fn config(environment: &str) -> String {
    with("", environment)
}

/// The same, with lines more for the service.
pub(crate) fn with(service: &str, environment: &str) -> String {
    format!(
        "name = \"shop\"\n[services.web]\nstart = \"node server.js\"\nroute = \"/\"\nreadiness = {{ http = \"/readyz\" }}\n{service}\n[environments.production]\nengine = \"host\"\ndrain = \"2s\"\n{environment}\n"
    )
}

/// All at once, and the release before stays warm for a minute.
pub(crate) const BLUE_GREEN: &str = "strategy = { type = \"blue-green\", watch = \"1m\" }";
/// The same without a watch worth the name.
pub(crate) const SHORT_WATCH: &str = "strategy = { type = \"blue-green\", watch = \"1s\" }";
