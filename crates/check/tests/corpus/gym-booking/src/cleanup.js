const { pool } = require('./db');

module.exports = async function clean() {
  await pool.query('TRUNCATE TABLE bookings_archive');
};
