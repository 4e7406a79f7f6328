require('dotenv').config();
const express = require('express');
const helmet = require('helmet');
const session = require('express-session');
const { invoices } = require('./invoices');

const app = express();
app.use(helmet());
app.use(express.json({ limit: '200kb' }));
app.use(
  session({
    name: 'sid',
    secret: 'invoice-studio-secret',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, secure: true, sameSite: 'lax' },
  }),
);

app.get('/healthz', (req, res) => res.send('ok'));
app.use('/api/invoices', invoices);

const server = app.listen(process.env.PORT || 4000);
process.on('SIGTERM', () => server.close());
