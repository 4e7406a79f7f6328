import { serve } from '@hono/node-server';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Hono } from 'hono';
import { films } from './schema';

const db = drizzle(process.env.DATABASE_URL!);
const app = new Hono();

app.get('/films', async (c) => c.json(await db.select().from(films)));

serve({ fetch: app.fetch, port: Number(process.env.PORT) || 8787 });
