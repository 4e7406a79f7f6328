const { pool } = require('./db');

exports.bookings = async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM bookings LIMIT 20');
  const people = await Promise.all(rows.map(async (row) => {
    const found = await pool.query('SELECT name FROM people WHERE id = $1', [row.person_id]);
    return found.rows[0];
  }));
  res.json({ rows, people });
};
