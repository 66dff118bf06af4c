-- In which time zone a workspace reckons: where its days, weeks and months begin.

alter table workspace add column if not exists time_zone text not null default 'UTC';   -- as schema/src/time-zone.ts lists it

-- What calendar periods mean has changed: whoever evaluates hears it with the commit.
create or replace trigger audience_meaning after update on workspace
  for each row when (old.time_zone is distinct from new.time_zone) execute function audience_meaning_changed();
