-- What computed traits are for people now, for breakdowns and exports; the newest row wins. Earlier values are not kept: the
-- events of then give them again.
create table if not exists computed_value (
  workspace_id UInt32,
  trait_id UInt32,
  profile_id UUID,
  value String CODEC(ZSTD(1)),                 -- as JSON; '': that of everybody of whom nothing is known (computed_trait.rest)
  at DateTime64(3, 'UTC'),                     -- since when
  reason LowCardinality(String),               -- as in audience_log
  cause_row UInt64,                            -- row_id of the event or control record that caused it; 0: none did
  version UInt32,                              -- of the definition
  seq UInt64 CODEC(Delta, ZSTD(1)),            -- order of all changes of a log partition
  block_id UInt64,
  block_row UInt32,
  index by_block block_id type minmax granularity 1
) engine = ReplacingMergeTree(seq)
order by (workspace_id, trait_id, profile_id)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;
