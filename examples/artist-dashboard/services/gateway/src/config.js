const env = process.env;

export const config = {
  port: Number(env.PORT ?? 4000),
  databaseUrl: env.DATABASE_URL ?? 'postgres://dashboard:dashboard@localhost:5432/dashboard',
  redisUrl: env.REDIS_URL ?? 'redis://localhost:6379',
  artistsUrl: env.ARTISTS_URL ?? 'http://localhost:4001',
  portfolioUrl: env.PORTFOLIO_URL ?? 'http://localhost:4002',
  sessionSecret: env.SESSION_SECRET ?? 'dev-secret-change-me',
  sessionHours: Number(env.SESSION_HOURS ?? 12),
  loginLimit: Number(env.LOGIN_LIMIT ?? 10),
  loginWindowSeconds: Number(env.LOGIN_WINDOW_SECONDS ?? 300),
};
