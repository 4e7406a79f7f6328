import { NextResponse } from 'next/server';
import { prisma } from '@/lib/prisma';

export async function GET(request: Request) {
  const { searchParams } = new URL(request.url);
  const tag = searchParams.get('tag') ?? '';
  const notes = await prisma.$queryRawUnsafe(`SELECT * FROM "Note" WHERE tag = '${tag}'`);
  return NextResponse.json(notes);
}

export async function POST(request: Request) {
  const body = await request.json();
  const note = await prisma.note.create({
    data: body,
  });
  return NextResponse.json(note, { status: 201 });
}
