const express = require('express');
const http = require('http');
const { WebSocketServer } = require('ws');

const app = express();
app.use(express.static('public'));

const server = http.createServer(app);
const wss = new WebSocketServer({ server });

wss.on('connection', (socket) => {
  socket.on('message', (message) => {
    for (const client of wss.clients) client.send(message.toString());
  });
});

const PORT = process.env.PORT || 3000;
server.listen(PORT, () => console.log(`Chat on ${PORT}`));
