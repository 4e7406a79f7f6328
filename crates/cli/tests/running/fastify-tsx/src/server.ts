import Fastify from 'fastify';

const app = Fastify({ logger: true });

interface Quote {
  text: string;
  author: string;
}

const quotes: Quote[] = [{ text: 'Simplicity is prerequisite for reliability.', author: 'Dijkstra' }];

app.get('/', async () => ({ quote: quotes[0] }));
app.get('/healthz', async () => ({ ok: true }));

await app.listen({ port: Number(process.env.PORT ?? 3001), host: '0.0.0.0' });
