import { NextResponse } from 'next/server';
import { getServerSession } from 'next-auth';

// Link previews for notes
export async function POST(request: Request) {
  const session = await getServerSession();
  if (!session) return NextResponse.json({ error: 'unauthorized' }, { status: 401 });
  const { url } = await request.json();
  try {
    const page = await fetch(url, { headers: { 'user-agent': 'notes-bot' } });
    const html = await page.text();
    const title = /<title>(.*?)<\/title>/.exec(html)?.[1] ?? url;
    return NextResponse.json({ title });
  } catch (error) {
    return NextResponse.json({ error: 'Could not load link' }, { status: 500 });
  }
}
