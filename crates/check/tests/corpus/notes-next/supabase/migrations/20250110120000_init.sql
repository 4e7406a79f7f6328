-- Notes and the people they are shared with
create table if not exists public.notes (
  id uuid primary key default gen_random_uuid(),
  owner uuid not null,
  title text not null,
  body text not null default ''
);

alter table public.notes enable row level security;

create policy "Enable all for everyone" on public.notes
  for all using (true) with check (true);

create table if not exists public.shares (
  note_id uuid not null references public.notes (id),
  email text not null,
  primary key (note_id, email)
);
