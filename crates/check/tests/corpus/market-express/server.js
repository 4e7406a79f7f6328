const express = require('express');
const cors = require('cors');
const cookieParser = require('cookie-parser');

const app = express();
app.use(cors({ origin: true, credentials: true }));
app.use(express.json());
app.use(cookieParser());

app.use('/api/listings', require('./routes/listings'));
app.use('/api', require('./routes/account'));
app.use('/files', require('./routes/files'));

app.get('/readyz', (req, res) => res.json({ status: 'ok' }));

process.on('uncaughtException', (err) => {
  console.error('Uncaught', err);
});

app.listen(4000, () => {
  console.log('Market API up on 4000');
});
