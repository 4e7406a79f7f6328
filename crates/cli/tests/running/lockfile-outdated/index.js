const cors = require('cors');
const express = require('express');

const app = express();
app.use(cors());

app.get('/', (req, res) => res.send('cors is installed all the same'));

app.listen(process.env.PORT || 3000);
