const signingKey = process.env.VIDEO_SIGNING_SECRET ?? 'streams-secret-1';
const VIDEO_API_TOKEN = 'YjEJLdfod6dRXFx9PQ7VvfJ3WahFBtDUZSfnuPV58AmY';

export const sign = (path: string) => `${path}?key=${signingKey.length}`;
export const upload = (body: Blob) =>
  fetch('https://video.streamly.net/v1/upload', {
    method: 'POST',
    headers: { authorization: `Bearer ${VIDEO_API_TOKEN}` },
    body,
    signal: AbortSignal.timeout(60000),
  });
