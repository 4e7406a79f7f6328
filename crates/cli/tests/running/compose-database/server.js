const express = require('express');
const { Pool } = require('pg');

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const app = express();

app.get('/orders', async (req, res) => {
  const { rows } = await pool.query('SELECT item FROM orders');
  res.json(rows);
});

app.listen(process.env.PORT || 4100, () => console.log('orders api'));
