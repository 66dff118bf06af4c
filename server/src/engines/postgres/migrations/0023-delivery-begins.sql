-- From where a destination follows events: from the block that comes next in the moment in which it and a subscription of it are switched on,
-- whoever delivers being there or not.
create or replace function delivery_begins(asked integer) returns void language sql security definer set search_path from current as $$
  insert into delivery_cursor (destination_id, stream, workspace_id, next_block)
  -- The id of a block: server/src/pipeline/outbox/block-builder.ts `blockIdOf`.
  select d.id, 'events', d.workspace_id, w.log_partition * 1099511627776::bigint + coalesce(o.next_block, 0)
  from destination d join workspace w on w.id = d.workspace_id left join log_offset o on o.reader = 'pipeline' and o.partition = w.log_partition
  where d.id = asked and d.enabled and d.status = 'active'
    and exists (select from subscription s where s.destination_id = d.id and s.enabled and s.status = 'active')
  on conflict (destination_id, stream) do nothing;
$$;

create or replace function delivery_begins_with_destination() returns trigger language plpgsql security definer set search_path from current as $$
begin
  -- What happened while it was off is not sent when it is on again.
  if tg_op = 'UPDATE' and not old.enabled then
    delete from delivery_cursor where destination_id = new.id and stream = 'events';
  end if;
  perform delivery_begins(new.id);
  return null;
end $$;
create or replace function delivery_begins_with_subscription() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform delivery_begins(new.destination_id);
  return null;
end $$;

create or replace trigger delivery_begins after insert or update of enabled, status on destination for each row when (new.enabled) execute function delivery_begins_with_destination();
create or replace trigger delivery_begins after insert or update of enabled, status on subscription for each row when (new.enabled) execute function delivery_begins_with_subscription();
