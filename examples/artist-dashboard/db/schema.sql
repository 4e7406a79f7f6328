CREATE TABLE IF NOT EXISTS users (
  id            SERIAL PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS artists (
  id         SERIAL PRIMARY KEY,
  name       TEXT NOT NULL,
  discipline TEXT NOT NULL,
  city       TEXT NOT NULL,
  bio        TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS artists_name_idx ON artists (lower(name));
CREATE INDEX IF NOT EXISTS artists_discipline_city_idx ON artists (discipline, city);

CREATE TABLE IF NOT EXISTS projects (
  id           SERIAL PRIMARY KEY,
  artist_id    INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  title        TEXT NOT NULL,
  status       TEXT NOT NULL DEFAULT 'planned'
               CHECK (status IN ('planned', 'active', 'finished')),
  budget_cents INTEGER NOT NULL DEFAULT 0 CHECK (budget_cents >= 0),
  starts_on    DATE,
  created_by   INTEGER REFERENCES users (id) ON DELETE SET NULL,
  created_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS projects_artist_idx ON projects (artist_id, created_at DESC);
CREATE INDEX IF NOT EXISTS projects_created_idx ON projects (created_at);

CREATE TABLE IF NOT EXISTS portfolio_items (
  id        SERIAL PRIMARY KEY,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  title     TEXT NOT NULL,
  medium    TEXT NOT NULL,
  year      INTEGER NOT NULL,
  hue       INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS portfolio_items_artist_idx ON portfolio_items (artist_id, year DESC);

CREATE TABLE IF NOT EXISTS recommendations (
  artist_id             INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  recommended_artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  score                 INTEGER NOT NULL,
  reason                TEXT NOT NULL,
  created_at            TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (artist_id, recommended_artist_id)
);

CREATE INDEX IF NOT EXISTS recommendations_created_idx ON recommendations (created_at DESC);

CREATE TABLE IF NOT EXISTS digests (
  id         SERIAL PRIMARY KEY,
  day        DATE NOT NULL UNIQUE,
  recipients INTEGER NOT NULL,
  body       TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
