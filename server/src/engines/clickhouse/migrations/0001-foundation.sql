-- Tables of record in ClickHouse. Monthly partitions, no projections, no materialized views. Every table carries
-- workspace_id first in its key, and (block_id, block_row), by which the outbox sender finds out what landed.

create table if not exists events (
  workspace_id UInt32,
  event String CODEC(ZSTD(1)),                 -- the track name, or the call type for all others
  type LowCardinality(String),
  ingest_profile_id UUID,                      -- the person when it came in; never changed; zero: nobody
  profile_id UUID,                             -- the person now; rewritten when a merge is folded in or undone
  timestamp DateTime64(3, 'UTC'),              -- when it happened, corrected for the sender's clock
  received_at DateTime64(3, 'UTC'),
  time_note LowCardinality(String),            -- '' | future | clamped | unreadable | skew_corrected …
  source_id UInt32,
  message_id String CODEC(ZSTD(1)),
  user_id String CODEC(ZSTD(1)),
  anonymous_id String CODEC(ZSTD(1)),
  group_id String CODEC(ZSTD(1)),
  outcome LowCardinality(String),              -- stored | duplicate | quarantined | dropped | control | withdrawn
  reason LowCardinality(String),
  properties JSON(max_dynamic_paths = 64) CODEC(ZSTD(1)),   -- properties of track, page, screen; traits of identify, group
  ip String CODEC(ZSTD(1)),
  country LowCardinality(String),
  locale LowCardinality(String),
  timezone LowCardinality(String),
  device_type LowCardinality(String),
  os LowCardinality(String),
  browser LowCardinality(String),
  page_url String CODEC(ZSTD(1)),
  page_path String CODEC(ZSTD(1)),
  page_referrer String CODEC(ZSTD(1)),
  campaign_source LowCardinality(String),
  campaign_medium LowCardinality(String),
  campaign_name LowCardinality(String),
  campaign_term LowCardinality(String),
  campaign_content LowCardinality(String),
  click_ids Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  library LowCardinality(String),
  library_version LowCardinality(String),
  is_bot UInt8,
  is_internal UInt8,
  is_historical UInt8,
  import_id UInt32,
  consent Map(LowCardinality(String), UInt8),
  identifiers Array(UInt64),                   -- first 64 bits of the keys of the identifiers it carried
  log_partition UInt16,
  row_id UInt64 CODEC(Delta, ZSTD(1)),
  block_id UInt64,
  block_row UInt32,
  envelope String CODEC(ZSTD(1)),              -- the log record's header as JSON
  raw String CODEC(ZSTD(1)),                   -- the event's bytes exactly as received
  index by_message message_id type bloom_filter(0.01) granularity 1,
  index by_row row_id type minmax granularity 1,
  index by_block block_id type minmax granularity 1
) engine = MergeTree
partition by toYYYYMM(timestamp)
order by (workspace_id, event, ingest_profile_id, timestamp)
settings index_granularity = 4096, fsync_after_insert = 1, fsync_part_directory = 1;

-- Who a merged profile is now. The newest row of a profile_id wins; one that points to itself cancels.
create table if not exists profile_override (
  workspace_id UInt32,
  profile_id UUID,
  survivor_id UUID,
  row_id UInt64,
  block_id UInt64,
  block_row UInt32
) engine = ReplacingMergeTree(row_id)
order by (workspace_id, profile_id)
settings fsync_after_insert = 1, fsync_part_directory = 1;

-- A snapshot of a person whenever a trait or an identifier changed. The newest row wins.
create table if not exists profiles (
  workspace_id UInt32,
  profile_id UUID,
  row_id UInt64,
  updated_at DateTime64(3, 'UTC'),
  first_seen DateTime64(3, 'UTC'),
  deleted UInt8,                               -- merged away or suppressed
  is_anonymous UInt8,
  identifiers Array(String) CODEC(ZSTD(1)),    -- 'namespace:value'
  traits JSON(max_dynamic_paths = 64) CODEC(ZSTD(1)),
  block_id UInt64,
  block_row UInt32
) engine = ReplacingMergeTree(row_id)
order by (workspace_id, profile_id)
settings fsync_after_insert = 1, fsync_part_directory = 1;
