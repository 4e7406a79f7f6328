exports.up = (knex) =>
  knex.schema.createTable('plants', (table) => {
    table.increments('id');
    table.string('name').notNullable();
  });

exports.down = (knex) => knex.schema.dropTable('plants');
