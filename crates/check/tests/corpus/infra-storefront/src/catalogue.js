const { pool } = require('./pool');

const productCache = new Map();

// looks a product up, remembers it so the database has less to do
async function catalogue(id) {
  if (productCache.has(id)) return productCache.get(id);
  const { rows } = await pool.query('select id, name, price from products where id = $1', [id]);
  productCache.set(id, rows[0]);
  return rows[0];
}

module.exports = { catalogue };
