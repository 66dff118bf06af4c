-- What ClickHouse refused for good is listed, counted as failed and can be sent again: a row of a block, or a statement.
-- Rows of before this file have been counted as landed and stay so.

alter table ch_refused
  add column if not exists workspace_id integer not null default 0,   -- 0: a statement that concerns a whole partition
  add column if not exists partition integer not null default 0,
  add column if not exists kind text not null default 'row',          -- row | statement
  add column if not exists status text not null default 'open',       -- open | landed | discarded
  add column if not exists code integer not null default 0,           -- the engine's; what it said stands in `reason`
  add column if not exists cause text not null default 'refused',     -- one word for programs
  add column if not exists detail text not null default '',           -- why, in plain words
  add column if not exists row_id bigint,
  add column if not exists source_id integer not null default 0,
  add column if not exists received_at timestamptz,
  add column if not exists happened_at timestamptz,                   -- the event's `timestamp`
  add column if not exists message_id text not null default '',
  add column if not exists event text not null default '',
  add column if not exists profile_id uuid,
  add column if not exists outcome text not null default '',          -- what the pipeline had decided; empty for what is no event
  add column if not exists outcome_reason text not null default '',
  add column if not exists content json,                              -- what the API tells of an event; null for all else
  add column if not exists is_counted boolean not null default false, -- whether the ledger counts it as failed
  add column if not exists resolved_at timestamptz;

-- Of rows of before, all that can be told without decoding them: the first column of every table is the workspace.
update ch_refused set kind = case when length(body) = 0 then 'statement' else 'row' end, partition = (block_id >> 40)::integer
  where kind = 'row' and detail = '' and row_id is null;
update ch_refused set workspace_id = get_byte(body, 0) + get_byte(body, 1) * 256 + get_byte(body, 2) * 65536 + get_byte(body, 3) * 16777216
  where workspace_id = 0 and length(body) > 4 and get_byte(body, 3) < 128;

create index if not exists ch_refused_by_workspace on ch_refused (workspace_id, block_id, block_row);
create index if not exists ch_refused_by_message on ch_refused (workspace_id, message_id) where kind = 'row';
create index if not exists ch_refused_open on ch_refused (kind, partition, block_id) where status = 'open';
create index if not exists ch_refused_landed on ch_refused (resolved_at) where status = 'landed' and body <> '';

alter table ch_refused enable row level security;
drop policy if exists of_workspace on ch_refused;
create policy of_workspace on ch_refused to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer or (workspace_id = 0 and kind = 'statement'))
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer or (workspace_id = 0 and kind = 'statement'));
grant select, update on ch_refused to tributary_app;
