import { pgTable, serial, text } from 'drizzle-orm/pg-core';

export const films = pgTable('films', { id: serial('id').primaryKey(), title: text('title').notNull() });
