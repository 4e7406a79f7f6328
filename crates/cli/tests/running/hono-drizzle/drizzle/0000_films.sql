CREATE TABLE "films" ("id" serial PRIMARY KEY NOT NULL, "title" text NOT NULL);
--> statement-breakpoint
INSERT INTO "films" ("title") VALUES ('Ran');
