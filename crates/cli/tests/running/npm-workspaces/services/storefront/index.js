const express = require('express');

const app = express();
const port = process.env.PORT || 4000;
const catalogUrl = process.env.CATALOG_URL || 'http://localhost:4001';

app.get('/', async (req, res) => {
  const books = await fetch(`${catalogUrl}/books`).then((answer) => answer.json());
  res.send(books.map((book) => `<li>${book.title}</li>`).join(''));
});

app.listen(port, () => console.log(`storefront on ${port}`));
