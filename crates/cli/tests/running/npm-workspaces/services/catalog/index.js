const express = require('express');

const app = express();
const port = process.env.PORT || 4001;

app.get('/books', (req, res) => res.json([{ title: 'Dune' }, { title: 'Emma' }]));
app.get('/health', (req, res) => res.send('ok'));

app.listen(port, () => console.log(`catalog on ${port}`));
