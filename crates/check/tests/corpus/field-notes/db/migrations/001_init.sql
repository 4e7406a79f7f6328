CREATE TABLE owners (
  id serial PRIMARY KEY,
  name text NOT NULL,
  joined timestamp NOT NULL
);
CREATE TABLE notes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner_id bigint NOT NULL REFERENCES owners (id),
  fee double precision
);
CREATE TABLE note_events (
  note_id bigint,
  what text
);
