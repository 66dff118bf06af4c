-- Rows of models wait in a lane of their own each, named by `profile_id`; whom a row is about stands beside it.
alter table delivery_parked add column if not exists person_id uuid;
create index if not exists delivery_parked_about on delivery_parked (person_id) where person_id is not null;
