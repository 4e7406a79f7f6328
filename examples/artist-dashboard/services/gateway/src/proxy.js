import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const FORWARDED_HEADERS = ['content-type', 'content-length', 'accept'];

/** Sends `/api/<path>` to `<baseUrl>/<path>` with the signed-in user attached. */
export function proxyTo(baseUrl) {
  return async (req, res) => {
    const headers = { 'x-user-id': String(req.user.id) };
    for (const name of FORWARDED_HEADERS) {
      if (req.headers[name]) headers[name] = req.headers[name];
    }

    let upstream;
    try {
      const hasBody = !['GET', 'HEAD'].includes(req.method);
      upstream = await fetch(baseUrl + req.originalUrl.replace(/^\/api/, ''), {
        method: req.method,
        headers,
        ...(hasBody && { body: Readable.toWeb(req), duplex: 'half' }),
      });
    } catch (error) {
      console.log(`proxy error ${req.method} ${req.originalUrl}: ${error.message}`);
      return res.status(502).json({ error: 'Service unavailable' });
    }

    res.status(upstream.status);
    const type = upstream.headers.get('content-type');
    if (type) res.set('content-type', type);
    if (!upstream.body) return res.end();
    await pipeline(Readable.fromWeb(upstream.body), res);
  };
}
