-- Files about people that left by hand: which, when, to whom, and by which link. Who stood in each: ClickHouse, exported_person.

create table if not exists share (
  id uuid primary key default gen_random_uuid(),
  workspace_id integer not null,
  audience_id integer not null,
  name text not null,
  token_hash bytea not null unique,        -- SHA-256 of the link's secret; the secret itself is shown once
  columns json not null,                   -- what each row holds, in order
  row_limit integer not null,
  format text not null,                    -- csv | ndjson
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text,
  downloads integer not null default 0,
  created_at timestamptz not null default now(),
  created_by text not null
);
create index if not exists share_workspace on share (workspace_id, created_at desc);

create table if not exists export (
  id uuid primary key default gen_random_uuid(),
  nr bigint generated always as identity,  -- in their order
  workspace_id integer not null,
  kind text not null,                      -- audience | people | share
  what text not null,                      -- slug of the audience; of a search nothing
  format text not null,                    -- csv | ndjson | parquet
  columns json not null,
  share_id uuid,
  status text not null default 'running',  -- running | done | broken_off
  people bigint not null default 0,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  created_by text not null
);
create index if not exists export_workspace on export (workspace_id, nr);

do $$
declare t text;
begin
  foreach t in array array['share', 'export'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select, insert, update, delete on %I to tributary_app', t);
  end loop;
end $$;
