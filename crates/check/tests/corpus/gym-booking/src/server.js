require('dotenv').config();
const express = require('express');
const { Sequelize } = require('sequelize');
const request = require('request');
const { pool } = require('./db');
const { source } = require('./source');
const { bookings } = require('./bookings');

const app = express();
const sequelize = new Sequelize(process.env.DATABASE_URL);

async function start() {
  await sequelize.sync({ alter: true });
  await pool.query('ALTER TABLE bookings ADD COLUMN IF NOT EXISTS note text');
  await source.initialize();
  app.get('/bookings', bookings);
  app.listen(process.env.PORT || 3000);
}

if (false) {
  request.get('https://example.com/ping');
}

start();
