-- People who asked to be forgotten: what was told to whom, and what went from here. A forgetting begins with the control record that
-- suppresses the person, or, where they were suppressed before, with the request itself.

create table if not exists forgetting (
  id integer primary key generated always as identity,
  workspace_id integer not null,
  profile_id uuid not null,                -- who answered for the person then
  profile_ids uuid[] not null,             -- that one, and those who were merged into it
  row_id bigint,                           -- of the control record; null: they were suppressed already
  identifiers json not null,               -- [{"namespace", "value"}]: emptied when nothing waits for them any more
  asked_at timestamptz not null default now(),
  asked_by text not null,
  sent_erased_at timestamptz,              -- what was sent about them, and what was answered, is gone from here
  done_at timestamptz,                     -- nothing of it is under way any more
  unique (workspace_id, row_id)
);
create index if not exists forgetting_open on forgetting (id) where done_at is null;
create index if not exists forgetting_profile on forgetting (workspace_id, profile_id);

-- One destination, which is told each of the person's ids, one after another.
create table if not exists forgetting_destination (
  forgetting_id integer not null references forgetting on delete cascade,
  destination_id integer not null references destination on delete cascade,
  workspace_id integer not null,
  status text not null default 'waiting',  -- waiting | told | nothing | refused | expired | by_hand | done_by_hand
  since timestamptz not null default now(),
  told integer not null default 0,         -- calls that were answered well
  was_there boolean not null default false, -- one of them found something to delete
  attempts integer not null default 0,
  next_at timestamptz,                     -- null: at once
  code text not null default '',
  detail text not null default '',
  done_at timestamptz,
  done_by text,                            -- who says that it was done by hand
  primary key (forgetting_id, destination_id)
);
create index if not exists forgetting_destination_waiting on forgetting_destination (destination_id) where status = 'waiting';

-- One model: its rows about the person are taken out by a run, told as removed, and then erased.
create table if not exists forgetting_model (
  forgetting_id integer not null references forgetting on delete cascade,
  model_id integer not null references model on delete cascade,
  workspace_id integer not null,
  status text not null default 'waiting',  -- waiting | removed | erased | by_hand
  first_seq bigint,                        -- of the run's changes
  last_seq bigint,
  rows integer not null default 0,         -- that were erased
  done_at timestamptz,
  primary key (forgetting_id, model_id)
);
create index if not exists forgetting_model_waiting on forgetting_model (model_id) where status in ('waiting', 'removed');

-- What nothing is under way for any more is over; and of what is over, what named the person goes, unless somebody may still ask for another
-- attempt, for which it is kept thirty days.
create or replace function close_forgettings() returns void language sql as $$
  update forgetting f set done_at = now() where done_at is null and sent_erased_at is not null
    and not exists (select from forgetting_destination d where d.forgetting_id = f.id and d.status = 'waiting')
    and not exists (select from forgetting_model m where m.forgetting_id = f.id and m.status in ('waiting', 'removed'));
  update forgetting f set identifiers = '[]' where done_at is not null and identifiers::text <> '[]'
    and (done_at < now() - interval '30 days' or not exists (select from forgetting_destination d where d.forgetting_id = f.id and d.status in ('refused', 'expired', 'by_hand')));
$$;

-- Opens one, for every destination that may hold something of the person and every model; that of a control record once.
create or replace function open_forgetting(workspace integer, person uuid, person_ids uuid[], control_row bigint, person_identifiers json, actor text) returns integer language plpgsql as $$
declare made integer;
begin
  insert into forgetting (workspace_id, profile_id, profile_ids, row_id, identifiers, asked_by) values (workspace, person, person_ids, control_row, person_identifiers, actor)
    on conflict (workspace_id, row_id) do nothing returning id into made;
  if made is null then return null; end if;
  insert into forgetting_destination (forgetting_id, destination_id, workspace_id)
    select made, d.id, workspace from destination d where d.workspace_id = workspace
      and (d.status = 'active' or exists (select from delivery_count c where c.destination_id = d.id and c.outcome = 'delivered'));
  insert into forgetting_model (forgetting_id, model_id, workspace_id) select made, m.id, workspace from model m where m.workspace_id = workspace and m.last_seq > 0;
  if not exists (select from forgetting_destination where forgetting_id = made) then
    update forgetting set sent_erased_at = now() where id = made;
  end if;
  perform close_forgettings();
  return made;
end $$;

do $$
declare t text;
begin
  foreach t in array array['forgetting', 'forgetting_destination', 'forgetting_model'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select, insert, update on %I to tributary_app', t);
  end loop;
end $$;

create or replace trigger delivery_meaning after insert or update of status on forgetting_destination for each statement execute function delivery_meaning_changed();
create or replace trigger models_changed after insert or update of status on forgetting_model for each statement execute function models_changed();
create or replace trigger models_changed after update of status on forgetting_destination for each statement execute function models_changed();
