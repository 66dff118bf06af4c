-- The demo shop, which lives in a workspace of its own, and workspaces that are removed with everything in them.

create table if not exists demo_shop (
  workspace_id integer primary key references workspace,
  home_workspace_id integer not null unique,   -- from which it was asked for; at most one for each
  seed text not null,
  people integer not null,
  from_ms bigint not null,                 -- the history is [from_ms, until_ms)
  until_ms bigint not null,
  total bigint,                            -- calls of the history; null until they were counted
  appended bigint not null default 0,      -- of these, durable in the log; after a kill what the ledger says counts
  pace double precision not null,          -- how much faster than the clock it goes on
  paused boolean not null default false,
  live_ms bigint,                          -- where the shop stands in its own time; null while the history is played
  live_calls bigint not null default 0,
  failure text,                            -- why it stands still
  made_at timestamptz not null default now()
);

-- A guided scenario that somebody ended well by an answer; what was done to people stands in the merge log and in events.
create table if not exists demo_answer (
  workspace_id integer not null,
  scenario text not null,
  answer uuid not null,                    -- the person that was named
  actor text not null,
  at timestamptz not null default now(),
  primary key (workspace_id, scenario)
);

-- One row for each workspace that is, or was, removed. It stays: what the log still has of that workspace is passed over by it.
create table if not exists removed_workspace (
  workspace_id integer primary key,
  slug text not null,
  name text not null,
  partition integer not null,
  home_workspace_id integer,               -- who asked, to be told how far it is
  asked_at timestamptz not null default now(),
  row_id bigint,                           -- the control record, once acted on: from then on nothing of it is decided
  blocks_below bigint,                     -- once the blocks before this one are sent, ClickHouse has nothing of it either
  rows_removed bigint not null default 0,  -- in Postgres
  done_at timestamptz
);
create index if not exists removed_workspace_open on removed_workspace (asked_at) where done_at is null;

do $$
declare t text;
begin
  foreach t in array array['demo_shop', 'demo_answer', 'removed_workspace'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select on %I to tributary_app', t);
  end loop;
end $$;
