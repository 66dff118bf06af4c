-- What audiences ask of people besides traits. A person whose last snapshot is older than these columns counts as a human, and has
-- the rest with their next one.
alter table profiles add column if not exists consents Map(LowCardinality(String), UInt8) CODEC(ZSTD(1)) after traits;
alter table profiles add column if not exists accounts Array(String) CODEC(ZSTD(1)) after consents;
-- Since when each trait has its value, in ms since 1970.
alter table profiles add column if not exists trait_times Map(String, Int64) CODEC(ZSTD(1)) after accounts;
-- The trait `timezone` if it names a zone, else the zone of the latest event that told one, else ''.
alter table profiles add column if not exists timezone LowCardinality(String) after trait_times;
-- 1 once an event came that is neither a bot's nor internal.
alter table profiles add column if not exists is_human UInt8 default 1 after timezone;
-- Readers that follow the outbox look for the rows of its newest blocks; old parts are passed over.
alter table profiles add index if not exists by_block block_id type minmax granularity 1;
alter table profile_override add index if not exists by_block block_id type minmax granularity 1;

-- Who entered and left which audience, when, and why. Never changed: what a late event tells holds from then on.
create table if not exists audience_log (
  workspace_id UInt32,
  audience_id UInt32,
  profile_id UUID,
  at DateTime64(3, 'UTC'),
  entered UInt8,                               -- 1: entered, 0: left
  reason LowCardinality(String),               -- event | deadline | trait | definition | merge | unmerge | deletion | list | first_fill | late_event | import | repair
  cause_row UInt64,                            -- row_id of the event or control record that caused it; 0: none did
  version UInt32,                              -- of the audience's definition
  seq UInt64 CODEC(Delta, ZSTD(1)),            -- order of all changes of a log partition
  block_id UInt64,
  block_row UInt32,
  index by_block block_id type minmax granularity 1
) engine = MergeTree
order by (workspace_id, audience_id, profile_id, seq)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;

-- Who is on an uploaded, frozen or hand-made list. The newest row wins.
create table if not exists list_member (
  workspace_id UInt32,
  list_id UInt32,
  profile_id UUID,
  added UInt8,                                 -- 0: taken off
  row_id UInt64,
  block_id UInt64,
  block_row UInt32,
  index by_block block_id type minmax granularity 1
) engine = ReplacingMergeTree(row_id)
order by (workspace_id, list_id, profile_id)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;
