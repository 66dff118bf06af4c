-- What questions in SQL answered is kept as files are: whose rows came out, to whom, and what was asked. The same question of the same
-- asker on the same day is one row, however often it was asked.

alter table export add column if not exists statement text;            -- as it was asked; null: it was no question in SQL
alter table export add column if not exists parameters json;           -- what was bound to it
alter table export add column if not exists statement_hash text;       -- of an answer: what is the same question
alter table export add column if not exists asked_on date;
alter table export add column if not exists times integer not null default 1;
alter table export add column if not exists is_masked boolean not null default false; -- values of people were masks
alter table export add column if not exists row_count bigint;          -- in its last answer or file; null: not counted

create unique index if not exists export_answer on export (workspace_id, created_by, statement_hash, asked_on) where statement_hash is not null;
