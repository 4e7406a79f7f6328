const express = require('express');
const { basket } = require('./basket');

const app = express();
app.disable('x-powered-by');

app.get('/healthz', (req, res) => res.send('ok'));

// sea: allow sql-from-text because the names of the columns were our own
app.get('/basket', (req, res) => {
  res.json(basket([{ price: 250, count: 2 }, { price: 100, count: 1 }]));
});

module.exports = { app };
