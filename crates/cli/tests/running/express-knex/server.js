const express = require('express');
const knex = require('knex')(require('./knexfile'));

const app = express();

app.get('/plants', async (req, res, next) => {
  try {
    res.json(await knex('plants').select('name'));
  } catch (error) {
    next(error);
  }
});

app.listen(process.env.PORT || 3000);
