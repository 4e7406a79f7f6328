import { fahrenheit } from '@weather/units';
import Fastify from 'fastify';

const app = Fastify();

app.get('/api/weather', async () => ({ celsius: 20, fahrenheit: fahrenheit(20) }));

app.listen({ port: process.env.PORT || 3333 });
