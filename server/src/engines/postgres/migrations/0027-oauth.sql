-- How destinations are connected to a vendor where somebody signs in there. The tokens themselves are destination.tokens_sealed.

create table if not exists destination_authorization (
  destination_id integer primary key references destination on delete cascade,
  workspace_id integer not null,
  state_hash bytea unique,                 -- of what was begun and not finished; null: nothing is
  begun_by text,
  begun_sealed text,                       -- what was begun: JSON, sealed
  expires_at timestamptz,
  problem json,                            -- { code, detail, at } of the last try that failed; null: it did not
  connected_at timestamptz,
  connected_by text,
  scopes text,                             -- as the vendor gave them
  token_expires_at timestamptz             -- as the vendor said when it was connected
);

do $$
declare t text;
begin
  foreach t in array array['destination_authorization'] loop
    execute format('alter table %I enable row level security', t);
    execute format('drop policy if exists of_workspace on %I', t);
    execute format($p$create policy of_workspace on %I to tributary_app
      using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
      with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)$p$, t);
    execute format('grant select, insert, update, delete on %I to tributary_app', t);
  end loop;
end $$;

-- Whoever delivers hears of new tokens, too, with the commit.
create or replace trigger delivery_meaning after insert or delete or update of settings_sealed, tokens_sealed, version, enabled, test_people, per_second, status, features on destination
  for each statement execute function delivery_meaning_changed();
