-- How long events took from the door to their profiles, counted by minute and span (schema/src/api/freshness.ts names the
-- spans). Told to people and decided by nothing; a kill may lose the last seconds.

create table if not exists freshness (
  workspace_id integer not null,
  minute timestamptz not null,
  span smallint not null,                  -- index of the span
  count bigint not null,
  primary key (workspace_id, minute, span)
);

alter table freshness enable row level security;
drop policy if exists of_workspace on freshness;
create policy of_workspace on freshness to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select on freshness to tributary_app;
