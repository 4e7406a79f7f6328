ALTER TABLE notes RENAME COLUMN title TO headline;
ALTER TABLE notes ALTER COLUMN id TYPE numeric;
ALTER TABLE owners ADD CONSTRAINT named CHECK (name <> '');
