-- Write keys that end by themselves, and who uses each key, so that an old one can be taken away without a surprise.

alter table write_key add column if not exists expires_at timestamptz;   -- null: until it is revoked

-- Requests and events that a key sent, by the hour and by the SDK that sent them. Counted by collection for people to read: what
-- it holds in memory when a process is killed is missing. Bounded by the writer; rows older than it keeps are dropped.
create table if not exists key_use (
  workspace_id integer not null,
  source_id integer not null,
  key_id integer not null,
  hour timestamptz not null,
  sdk text not null,
  version text not null,
  requests bigint not null,
  events bigint not null,
  last_at timestamptz not null,
  primary key (key_id, hour, sdk, version)
);
create index if not exists key_use_by_source on key_use (workspace_id, source_id, hour);

alter table key_use enable row level security;
drop policy if exists of_workspace on key_use;
create policy of_workspace on key_use to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select, insert, update, delete on key_use to tributary_app;
