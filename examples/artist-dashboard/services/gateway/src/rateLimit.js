/** Counts sign-in attempts per client address in Redis. */
export function loginRateLimit(redis, { limit, windowSeconds }) {
  return async (req, res, next) => {
    const key = `login-attempts:${req.ip}`;
    const attempts = await redis.incr(key);
    if (attempts === 1) await redis.expire(key, windowSeconds);
    if (attempts > limit) {
      res.set('Retry-After', String(await redis.ttl(key)));
      return res.status(429).json({ error: 'Too many attempts, try again later' });
    }
    next();
  };
}
