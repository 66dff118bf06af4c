-- Files in a warehouse's layout: which columns their tables have, and which items went into one file together, so that they go into the same one again.

create table if not exists layout_table (
  destination_id integer not null references destination on delete cascade,
  name text not null,
  workspace_id integer not null,
  is_of_event boolean not null,
  columns json not null,                   -- name → text | number | boolean | time; as it came first, for good
  primary key (destination_id, name)
);

-- Written before the first attempt, deleted with the outcomes: whatever is there was under way.
create table if not exists delivery_batch (
  destination_id integer not null references destination on delete cascade,
  id uuid not null,
  workspace_id integer not null,
  subscription_id integer not null references subscription on delete cascade,
  stream text not null,
  before_block bigint not null,            -- the stream's, at which all of them have come
  items json not null,                     -- position and person of each
  at timestamptz not null default now(),
  primary key (destination_id, id)
);

do $$
declare t text;
begin
  foreach t in array array['layout_table', 'delivery_batch'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select on %I to tributary_app', t);
  end loop;
end $$;
