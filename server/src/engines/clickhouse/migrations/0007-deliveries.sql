-- What was sent where, when, why, and what came of it. A row may be written twice after a kill; it is the same row.
create table if not exists deliveries (
  workspace_id UInt32,
  destination_id UInt32,
  subscription_id UInt32,
  subscription_version UInt32,
  stream LowCardinality(String),               -- events | audience | test
  run_id UInt32,                               -- of a replay or a resync; 0: as it came
  position UInt64,                             -- row_id of the event; seq of the membership change
  message_id String CODEC(ZSTD(1)),
  event String CODEC(ZSTD(1)),
  profile_id UUID,
  outcome LowCardinality(String),              -- delivered | refused | expired | nothing
  code LowCardinality(String),
  detail String CODEC(ZSTD(1)),
  status UInt16,                               -- of the last reply; 0: there was none
  attempts UInt16,
  happened_at DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  finished_at DateTime64(3, 'UTC'),
  request_id UUID,                             -- delivery_exchanges; zero: no request was made
  index by_person profile_id type bloom_filter(0.01) granularity 1,
  index by_message message_id type bloom_filter(0.01) granularity 1
) engine = ReplacingMergeTree(finished_at)
partition by toYYYYMM(finished_at)
order by (workspace_id, destination_id, finished_at, subscription_id, stream, run_id, position)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;

-- Requests and replies, for a week.
create table if not exists delivery_exchanges (
  workspace_id UInt32,
  destination_id UInt32,
  request_id UUID,
  at DateTime64(3, 'UTC'),
  nr UInt16,                                   -- one delivery may need several requests
  method LowCardinality(String),
  url String CODEC(ZSTD(1)),
  request_headers String CODEC(ZSTD(1)),
  request_body String CODEC(ZSTD(3)),
  status UInt16,
  response_headers String CODEC(ZSTD(1)),
  response_body String CODEC(ZSTD(3)),
  failure String CODEC(ZSTD(1)),
  took_ms UInt32,
  index by_request request_id type bloom_filter(0.01) granularity 1
) engine = MergeTree
partition by toYYYYMMDD(at)
order by (workspace_id, destination_id, at)
ttl toDateTime(at) + interval 7 day
settings ttl_only_drop_parts = 1, min_bytes_for_wide_part = 134217728;
