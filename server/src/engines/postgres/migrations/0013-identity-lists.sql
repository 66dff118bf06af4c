-- What whoever keeps people in order asks for first: what was refused, shared or split lately, and what counts as shared. Both are
-- few beside merges and identifiers, so the indexes are, too.
create index if not exists merge_log_notable on merge_log (workspace_id, kind, row_id desc, step desc) where kind <> 'merge';
create index if not exists identifier_shared on identifier (workspace_id, first_row desc, key desc) where shared;
