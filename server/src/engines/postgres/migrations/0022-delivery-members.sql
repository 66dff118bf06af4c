-- Whom a destination has been told to be in an audience, and by what: so that it can be told that they left when nothing else is known of
-- them any more.

create table if not exists delivery_member (
  subscription_id integer not null references subscription on delete cascade,
  profile_id uuid not null,                -- as it was then
  workspace_id integer not null,
  person json not null,                    -- identifiers and the traits that vendors match people by
  primary key (subscription_id, profile_id)
);
create index if not exists delivery_member_person on delivery_member (profile_id);

alter table delivery_member enable row level security;
drop policy if exists of_workspace on delivery_member;
create policy of_workspace on delivery_member to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
-- Written by the role `deliver` alone.
grant select on delivery_member to tributary_app;
