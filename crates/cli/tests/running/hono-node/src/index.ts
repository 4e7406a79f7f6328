import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();

app.get('/', (c) => c.text('Hello Hono!'));
app.get('/api/time', (c) => c.json({ year: new Date().getFullYear() }));

serve({ fetch: app.fetch, port: 3789 }, (info) => {
  console.log(`Server is running on http://localhost:${info.port}`);
});
