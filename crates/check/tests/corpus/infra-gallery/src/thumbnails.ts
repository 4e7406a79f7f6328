import { render } from './render.js';

export const thumbnailCache = new Map<string, Buffer>();

export async function thumbnail(path: string): Promise<Buffer> {
  const known = thumbnailCache.get(path);
  if (known) return known;
  const made = await render(path);
  thumbnailCache.set(path, made);
  return made;
}
