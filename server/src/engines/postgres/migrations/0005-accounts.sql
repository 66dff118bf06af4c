-- Accounts of people who work with this installation. The tables auth_* are better-auth's (user, session, account and
-- verification, in snake_case; a test holds them against what it asks for); `member` is ours. An account belongs to the
-- installation and may be a member of several workspaces, so the tables auth_* carry no workspace_id.

create table if not exists auth_user (
  id text primary key,
  name text not null,
  email text not null unique,              -- lower case
  email_verified boolean not null default false,
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  is_operator boolean not null default false   -- ours: may act for the installation where it is an owner
);

create table if not exists auth_session (
  id text primary key,
  token text not null unique,              -- the cookie carries it signed; alone it opens nothing
  user_id text not null references auth_user on delete cascade,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists auth_session_by_user on auth_session (user_id);

-- How somebody proves who they are: here, a password (provider `credential`).
create table if not exists auth_account (
  id text primary key,
  account_id text not null,
  provider_id text not null,
  user_id text not null references auth_user on delete cascade,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,                           -- scrypt, salted
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists auth_account_by_user on auth_account (user_id);

create table if not exists auth_verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists auth_verification_by_identifier on auth_verification (identifier);

-- Who works in which workspace, as what.
create table if not exists member (
  workspace_id integer not null references workspace,
  account_id text not null references auth_user on delete cascade,
  role text not null,                      -- schema/src/api/roles.ts
  since timestamptz not null default now(),
  by_whom text not null,                   -- as `actor` in the audit log
  primary key (workspace_id, account_id)
);
create index if not exists member_by_account on member (account_id);

alter table member enable row level security;
drop policy if exists of_workspace on member;
create policy of_workspace on member to tributary_app
  using (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer)
  with check (workspace_id = nullif(current_setting('tributary.workspace', true), '')::integer);
grant select, insert, update, delete on member to tributary_app;

-- A workspace sees the names of its members, and of nobody else; passwords and sessions it never sees.
alter table auth_user enable row level security;
alter table auth_session enable row level security;
alter table auth_account enable row level security;
alter table auth_verification enable row level security;
drop policy if exists of_workspace on auth_user;
create policy of_workspace on auth_user for select to tributary_app using (id in (select account_id from member));
grant select (id, name, email, created_at) on auth_user to tributary_app;
