const express = require('express');

const app = express();
app.get('/ready', (request, response) => response.send('ok'));
app.get('/invoices', (request, response) => response.json([]));
app.listen(process.env.PORT || 4200);
