-- A write key may have a rate of its own, beside that of its source.
alter table write_key add column if not exists events_per_second int;   -- null: none of its own
