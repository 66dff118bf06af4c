-- What arrives: events, their fields, and counts of both for each day. Written by the reader in observed-schema/, which moves its
-- place and the counts in one transaction, so that every stored row counts once.

-- How far the event table has been read: outbox blocks of one log partition, in the order in which they were made.
create table if not exists observed_place (
  partition integer primary key,
  block_id bigint not null                 -- the first block not yet read
);

create table if not exists observed_event (
  id bigint primary key generated always as identity,
  workspace_id integer not null,
  type text not null,
  event text not null,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  unique (workspace_id, type, event)
) with (fillfactor = 80);

-- `event` is empty for fields that belong to no event by name (traits, context). A field that comes as text once and as a number
-- another time is one field; the counts say what it came as.
create table if not exists observed_field (
  id bigint primary key generated always as identity,
  workspace_id integer not null,
  place text not null,
  event text not null,
  path text not null,
  count bigint not null,                   -- events that carried it
  as_text bigint not null default 0,
  as_number bigint not null default 0,
  as_boolean bigint not null default 0,
  as_list bigint not null default 0,
  as_objects bigint not null default 0,    -- a list of objects, whose fields are listed under `path[]`
  first_at timestamptz not null,
  last_at timestamptz not null,
  sampled integer not null default 0,      -- values looked at, which is not all of them
  looks json not null default '{}',        -- what those looked like → how many
  unique (workspace_id, place, event, path)
) with (fillfactor = 80);

-- Days of the last weeks; older ones are dropped.
create table if not exists observed_event_day (
  workspace_id integer not null,
  event_id bigint not null references observed_event on delete cascade,
  day date not null,
  count bigint not null,
  primary key (event_id, day)
) with (fillfactor = 80);

create table if not exists observed_field_day (
  workspace_id integer not null,
  field_id bigint not null references observed_field on delete cascade,
  day date not null,
  count bigint not null,
  as_text bigint not null default 0,
  as_number bigint not null default 0,
  as_boolean bigint not null default 0,
  as_list bigint not null default 0,
  as_objects bigint not null default 0,
  primary key (field_id, day)
) with (fillfactor = 80);
create index if not exists observed_event_day_by_day on observed_event_day (day);
create index if not exists observed_field_day_by_day on observed_field_day (day);

-- A few values of each field, with whose they are, so that they go when their person, import or event does.
create table if not exists observed_example (
  workspace_id integer not null,
  field_id bigint not null references observed_field on delete cascade,
  value text not null,                     -- cut to a length
  profile_id uuid not null,                -- the person when it came in; zero: nobody
  import_id integer not null,              -- 0: none
  row_id bigint not null,
  at timestamptz not null,
  primary key (field_id, value)
);
create index if not exists observed_example_by_person on observed_example (workspace_id, profile_id);

-- What the limits left out.
create table if not exists observed_beyond (
  workspace_id integer primary key,
  events bigint not null default 0,        -- events whose name is not listed
  fields bigint not null default 0,        -- values in fields that are not listed
  at timestamptz not null                  -- when that was last so
);

create index if not exists profile_suppressed on profile (workspace_id) where suppressed;

do $$
declare t text;
begin
  foreach t in array array['observed_event', 'observed_field', 'observed_event_day', 'observed_field_day', 'observed_example', 'observed_beyond'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select on %I to tributary_app', t);
  end loop;
  grant select on observed_place to tributary_app;
end $$;
