-- From where a subscription takes events: from the block that comes next in the moment in which it begins to take some, however far behind its
-- destination is by then. Null: it took events before that was kept, and goes on from wherever its destination is.
alter table subscription add column if not exists events_from bigint;

create or replace function subscription_begins() returns trigger language plpgsql security definer set search_path from current as $$
declare
  takes boolean := new.enabled and new.status = 'active' and coalesce(new.definition -> 'trigger' ->> 'kind' = 'events', false);
  took boolean := false;
begin
  if tg_op = 'UPDATE' then
    took := old.enabled and old.status = 'active' and coalesce(old.definition -> 'trigger' ->> 'kind' = 'events', false);
  end if;
  if takes and not took then
    -- The id of a block: server/src/pipeline/outbox/block-builder.ts `blockIdOf`.
    select w.log_partition * 1099511627776::bigint + coalesce(o.next_block, 0) into new.events_from
    from workspace w left join log_offset o on o.reader = 'pipeline' and o.partition = w.log_partition where w.id = new.workspace_id;
  end if;
  return new;
end $$;

create or replace trigger subscription_begins before insert or update of enabled, status, definition on subscription for each row execute function subscription_begins();
