-- What the evaluator of audiences keeps beside memberships: what its answers stand for, when everybody is to be asked again, how
-- far a fill has come; and that it is told when what audiences mean has changed.

-- Of everything that the memberships were made from: the definition, those that it refers to, words, lists. Null: nothing was made.
alter table audience add column if not exists filled_key text;
-- When everybody has to be asked again (ms since 1970), as at midnight for "this day"; null: never.
alter table audience add column if not exists boundary_at bigint;
-- People written, and people to be written, while it is filled.
alter table audience add column if not exists fill_done bigint;
alter table audience add column if not exists fill_total bigint;

-- Raised by whoever takes over; a commit under an older one changes nothing.
alter table audience_place add column if not exists epoch bigint not null default 0;
-- The latest moment that it decided for; the next is never earlier.
alter table audience_place add column if not exists now_ms bigint not null default 0;
-- The first of audiences' own blocks in which it has not looked for members of lists.
alter table audience_place add column if not exists list_block_id bigint not null default 0;

-- Delivered with the commit, so whoever hears it finds what was changed. Sizes and progress, which the evaluator writes, say nothing.
create or replace function audience_meaning_changed() returns trigger language plpgsql as $$
begin
  notify audience_meaning;
  return null;
end $$;
create or replace trigger audience_meaning after insert or delete or update of definition, version, status, slug on audience
  for each statement execute function audience_meaning_changed();
create or replace trigger audience_meaning after insert or delete or update of slug on audience_list
  for each statement execute function audience_meaning_changed();
create or replace trigger audience_meaning after insert or update on vocabulary
  for each statement execute function audience_meaning_changed();
