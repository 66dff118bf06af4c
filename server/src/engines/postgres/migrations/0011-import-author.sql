-- Who made an import and who took it back, for the list of imports; the audit log has the same with everything else.

alter table import add column if not exists created_by text not null default '';
alter table import add column if not exists withdrawn_by text not null default '';
