import express from 'express';

const app = express();
app.use(express.json());

const notes = [{ id: 1, text: 'Buy milk' }];

app.get('/api/notes', (req, res) => res.json(notes));
app.get('/', (req, res) => res.send(`<ul>${notes.map((note) => `<li>${note.text}</li>`).join('')}</ul>`));

app.listen(3456, () => console.log('Server running on port 3456'));
