import { csv } from 'csv-maker-pro';
import got from 'got';
import axios from 'axios';
import { prisma } from '@/lib/db';

export async function GET() {
  const rate = await got('https://rates.example.com/eur', { timeout: { request: 2000 } }).json();
  const other = await axios.get('https://rates.example.com/usd', { timeout: 2000 });
  const rows = await prisma.order.findMany({ take: 100 });
  return new Response(csv(rows, rate, other.data));
}
