CREATE TABLE guests (
  id serial PRIMARY KEY,
  name text NOT NULL,
  arrives date
);
