-- What is sent to destinations: how far each has come, what became of what was sent lately, and what waits for another attempt. On the
-- good path there is no row for an event before it is sent: a destination follows the event table with its cursor.

create table if not exists delivery_cursor (
  destination_id integer not null references destination on delete cascade,
  stream text not null,                    -- events | audience
  workspace_id integer not null,
  next_block bigint not null,              -- everything of earlier blocks has an outcome, or is parked
  primary key (destination_id, stream)
);

-- Outcomes, as they came; in ClickHouse (deliveries) a moment later. Kept as long as a cursor may still be before them, and some minutes more.
create table if not exists delivery_done (
  id bigint generated always as identity primary key,
  workspace_id integer not null,
  destination_id integer not null references destination on delete cascade,
  stream text not null,
  block bigint not null,                   -- the cursor's then; 0: of what was parked
  entries json not null,                   -- server/src/delivery/entry.ts
  at timestamptz not null default now(),
  logged_at timestamptz
);
create index if not exists delivery_done_place on delivery_done (destination_id, stream, block);
create index if not exists delivery_done_unlogged on delivery_done (id) where logged_at is null;

-- What failed by itself and is tried again, and what waits behind it because it is about the same person.
create table if not exists delivery_parked (
  destination_id integer not null references destination on delete cascade,
  stream text not null,
  subscription_id integer not null references subscription on delete cascade,
  position bigint not null,
  workspace_id integer not null,
  profile_id uuid not null,
  attempts integer not null default 0,     -- 0: waits behind another
  first_at timestamptz not null default now(),
  next_at timestamptz not null,
  code text not null default '',
  detail text not null default '',
  status integer,
  primary key (destination_id, stream, subscription_id, position)
);
create index if not exists delivery_parked_person on delivery_parked (profile_id);

create table if not exists delivery_count (
  destination_id integer not null references destination on delete cascade,
  subscription_id integer not null,
  minute timestamptz not null,
  outcome text not null,                   -- delivered | refused | expired | nothing | filtered | parked
  reason text not null default '',
  workspace_id integer not null,
  count bigint not null,
  primary key (destination_id, subscription_id, minute, outcome, reason)
);

-- Whether a destination can be reached, as it was found.
create table if not exists delivery_state (
  destination_id integer primary key references destination on delete cascade,
  workspace_id integer not null,
  state text not null,                     -- flowing | throttled | failing | unauthorized
  since timestamptz not null,
  code text not null default '',
  detail text not null default '',
  failures integer not null default 0,     -- probes that failed since
  next_at timestamptz                      -- of the next probe
);

do $$
declare t text;
begin
  foreach t in array array['delivery_cursor', 'delivery_done', 'delivery_parked', 'delivery_count', 'delivery_state'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    -- Written by the role `deliver` alone.
    execute format('grant select on %I to tributary_app', t);
  end loop;
end $$;
