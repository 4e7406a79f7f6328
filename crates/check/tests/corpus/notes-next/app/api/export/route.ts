import { readFileSync } from 'fs';
import path from 'path';
import { getServerSession } from 'next-auth';

export async function GET(request: Request) {
  const session = await getServerSession();
  if (!session) return new Response('unauthorized', { status: 401 });
  const { searchParams } = new URL(request.url);
  const template = searchParams.get('template') || 'plain';
  const file = path.join(process.cwd(), 'templates', template);
  const text = readFileSync(file, 'utf8');
  return new Response(text);
}
