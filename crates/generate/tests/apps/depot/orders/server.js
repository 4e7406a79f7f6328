const express = require('express');

const app = express();
app.use(express.json());

// Every order, newest first.
app.get('/orders', (request, response) => response.json([]));

/**
 * One order.
 * Answers 404 when there is none.
 */
app.get('/orders/:id', (request, response) => response.status(404).end());

app.post('/orders', (request, response) => response.status(201).json(request.body));

app.listen(process.env.PORT || 4100);
