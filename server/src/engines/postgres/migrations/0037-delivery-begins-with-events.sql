-- From where a destination follows events: from the block that comes next in the moment in which the first of its subscriptions that takes events
-- is switched on. One of an audience or a model alone begins nothing, and what came while none took events is not sent.
create or replace function delivery_takes_events(asked integer, besides integer) returns boolean language sql stable security definer set search_path from current as $$
  select exists (select from subscription s where s.destination_id = asked and s.id <> besides and s.enabled and s.status = 'active' and s.definition -> 'trigger' ->> 'kind' = 'events');
$$;

create or replace function delivery_begins(asked integer) returns void language sql security definer set search_path from current as $$
  insert into delivery_cursor (destination_id, stream, workspace_id, next_block)
  -- The id of a block: server/src/pipeline/outbox/block-builder.ts `blockIdOf`.
  select d.id, 'events', d.workspace_id, w.log_partition * 1099511627776::bigint + coalesce(o.next_block, 0)
  from destination d join workspace w on w.id = d.workspace_id left join log_offset o on o.reader = 'pipeline' and o.partition = w.log_partition
  where d.id = asked and d.enabled and d.status = 'active' and delivery_takes_events(asked, 0)
  on conflict (destination_id, stream) do nothing;
$$;

create or replace function delivery_begins_with_subscription() returns trigger language plpgsql security definer set search_path from current as $$
declare
  takes boolean := new.enabled and new.status = 'active' and coalesce(new.definition -> 'trigger' ->> 'kind' = 'events', false);
  took boolean := false;
begin
  if tg_op = 'UPDATE' then
    took := old.enabled and old.status = 'active' and coalesce(old.definition -> 'trigger' ->> 'kind' = 'events', false);
  end if;
  if takes <> took and not delivery_takes_events(new.destination_id, new.id) then
    delete from delivery_cursor where destination_id = new.destination_id and stream = 'events';
  end if;
  perform delivery_begins(new.destination_id);
  return null;
end $$;

create or replace trigger delivery_begins after insert or update of enabled, status, definition on subscription for each row execute function delivery_begins_with_subscription();

delete from delivery_cursor where stream = 'events' and not delivery_takes_events(destination_id, 0);
