-- What events and properties mean to a workspace (schema/src/audience/vocabulary.ts): each change a version, the newest in force.

create table if not exists vocabulary (
  workspace_id integer not null references workspace,
  version integer not null,
  vocabulary json not null,
  at timestamptz not null,
  author text not null,                    -- as `actor` in the audit log
  primary key (workspace_id, version)
);

alter table vocabulary enable row level security;
drop policy if exists of_workspace on vocabulary;
create policy of_workspace on vocabulary to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select, insert, delete on vocabulary to tributary_app;
