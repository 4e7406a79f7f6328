const cors = require('cors');
const express = require('express');

const app = express();
app.use(cors());

app.get('/api/recipes', (req, res) => res.json(['Pancakes', 'Shakshuka']));

const PORT = process.env.PORT || 5000;
app.listen(PORT, () => console.log(`Server started on port ${PORT}`));
