const fs = require('node:fs');

fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/index.html', '<!doctype html><title>Harbour</title><h1>Harbour</h1>\n');
