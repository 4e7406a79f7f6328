require('dotenv').config();
const express = require('express');
const session = require('express-session');
const RedisStore = require('connect-redis').default;
const { createClient } = require('redis');

if (!process.env.SESSION_SECRET) {
  throw new Error('SESSION_SECRET is required');
}

const client = createClient({ url: process.env.REDIS_URL });
client.connect().catch(console.error);

const app = express();
app.use(
  session({
    store: new RedisStore({ client }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
  }),
);

app.get('/', (req, res) => {
  req.session.views = (req.session.views || 0) + 1;
  res.send(`You were here ${req.session.views} times`);
});

app.listen(process.env.PORT);
