require('dotenv').config();
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool({
  host: process.env.PGHOST,
  port: process.env.PGPORT,
  user: process.env.PGUSER,
  password: process.env.PGPASSWORD,
  database: process.env.PGDATABASE,
});
const app = express();

app.get('/', async (req, res) => {
  const { rows } = await pool.query('SELECT name FROM guests ORDER BY id');
  res.json(rows);
});

app.listen(process.env.PORT, () => console.log(`Guests on port ${process.env.PORT}`));
