import express from 'express';
import session from 'express-session';
import pino from 'pino';
import { ask } from './ask.js';
import { billing } from './billing.js';
import { people } from './people.js';

const logger = pino();
const app = express();
app.use(express.json());
app.use(session({ secret: process.env.SESSION_SECRET, resave: false, saveUninitialized: false }));
app.use('/ask', ask);
app.use('/billing', billing);
app.use('/people', people);
app.use((error, req, res, next) => {
  logger.error(error);
  res.status(500).json({ message: error.message, stack: error.stack });
});

const server = app.listen(process.env.PORT || 3000);
process.on('SIGTERM', () => server.close());
