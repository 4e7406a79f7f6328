INSERT INTO guests (name, arrives) VALUES ('Grace', '2025-06-01'), ('Alan', NULL);
