-- Which events a workspace no longer has because their time was up (setting events.keepDays). How many, by minute and
-- source, stands in the ledger under the hop `expired`.

create table if not exists expired_events (
  workspace_id integer primary key,
  before timestamptz not null,             -- events from before this time may be gone
  events bigint not null,                  -- how many are
  row_id bigint not null                   -- the control record that removed the last; none before it acts again in a rebuild
);

alter table expired_events enable row level security;
drop policy if exists of_workspace on expired_events;
create policy of_workspace on expired_events to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select on expired_events to tributary_app;
