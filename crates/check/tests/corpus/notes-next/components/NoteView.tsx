'use client';
import { marked } from 'marked';

type Note = { id: string; title: string; body: string };

export function NoteView({ note }: { note: Note }) {
  return (
    <article>
      <h1>{note.title}</h1>
      <div dangerouslySetInnerHTML={{ __html: marked.parse(note.body) }} />
    </article>
  );
}
