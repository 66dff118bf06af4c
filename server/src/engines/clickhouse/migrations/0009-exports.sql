-- Who stood in which file that left. Written before the rows themselves leave.
create table if not exists exported_person (
  workspace_id UInt32,
  export_id UUID,
  profile_id UUID,
  at DateTime64(3, 'UTC'),
  index by_person profile_id type bloom_filter(0.01) granularity 1
) engine = ReplacingMergeTree
order by (workspace_id, export_id, profile_id)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728;
