-- Ways into an account: invitations, links to set a new password, and a second factor. And who made a token, so that it can
-- end with them.

-- Of better-auth's plugin for second factors (a test holds both against what it asks for).
alter table auth_user add column if not exists two_factor_enabled boolean not null default false;
grant select (two_factor_enabled) on auth_user to tributary_app;

create table if not exists auth_two_factor (
  id text primary key,
  secret text not null,                    -- sealed, under a key that derives from the install's secret
  backup_codes text not null,              -- likewise
  user_id text not null references auth_user on delete cascade,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);
create index if not exists auth_two_factor_by_user on auth_two_factor (user_id);
alter table auth_two_factor enable row level security;

-- A link that sets a new password, once. Like the account, it belongs to the installation and carries no workspace_id.
create table if not exists password_reset (
  token_hash bytea primary key,            -- SHA-256 of what stands in the link
  account_id text not null unique references auth_user on delete cascade,
  expires_at timestamptz not null
);
alter table password_reset enable row level security;

-- Somebody who may join the workspace, once, by a link.
create table if not exists invitation (
  id integer generated always as identity primary key,
  workspace_id integer not null references workspace,
  email text not null,                     -- lower case
  role text not null,                      -- schema/src/api/roles.ts
  token_hash bytea not null unique,        -- SHA-256 of what stands in the link
  by_whom text not null,                   -- as `actor` in the audit log
  created_at timestamptz not null,
  expires_at timestamptz not null,
  unique (workspace_id, email)
);
alter table invitation enable row level security;
drop policy if exists of_workspace on invitation;
create policy of_workspace on invitation to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select, insert, update, delete on invitation to tributary_app;

alter table api_token add column if not exists made_by text;   -- as `actor` in the audit log; null for tokens of before
