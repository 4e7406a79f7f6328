module.exports = {
  client: 'pg',
  connection:
    'postgres://invoices:PDxx1On9orrAmsSsJa@db-prod-1.invoicestudio.app:5432/invoices',
  pool: { min: 0, max: 10 },
  migrations: { directory: './migrations' },
};
