-- Rows of models go in a lane of their own each, named by `profile_id`; whom a row is about stands beside it.
alter table deliveries add column if not exists person_id UUID after profile_id;
