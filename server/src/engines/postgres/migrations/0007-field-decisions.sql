-- What a workspace says of its fields: whether a value there is about a person, what kind of thing it is, and whose it is.
-- A field that nobody has decided about has no row, or one with `personal` null; it counts as personal.

create table if not exists field (
  workspace_id integer not null references workspace,
  place text not null,                     -- trait, property, context or account
  event text not null default '',          -- of a property: the event it belongs to; '' for all events
  path text not null,                      -- dotted; items of lists have the path of their list
  personal boolean,                        -- null: undecided
  kind text,                               -- identity, demographic, firmographic, behaviour, transaction or intent
  description text not null default '',
  owner text not null default '',          -- who answers for it, in words
  decided_by text,                         -- as `actor` in the audit log
  decided_at timestamptz,
  primary key (workspace_id, place, event, path)
);

alter table field enable row level security;
drop policy if exists of_workspace on field;
create policy of_workspace on field to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select, insert, update, delete on field to tributary_app;
