exports.seed = async (knex) => {
  await knex('plants').del();
  await knex('plants').insert([{ name: 'Monstera' }, { name: 'Basil' }]);
};
