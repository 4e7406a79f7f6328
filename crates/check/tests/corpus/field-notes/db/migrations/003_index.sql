BEGIN;
CREATE INDEX CONCURRENTLY notes_owner ON public.note_events (note_id);
COMMIT;
