-- What readings of models found changed: log and snapshot at once. The newest change of a key is how it stands now; what a reading wrote
-- that is not done stands after the model's `last_seq` in Postgres, and nobody sees it.
create table if not exists model_change (
  workspace_id UInt32,
  model_id UInt32,
  key_hash UInt64,                        -- of `key`: the order in which two readings are compared
  key String CODEC(ZSTD(1)),              -- JSON array: the values of the key's columns as text, in their order
  seq UInt64,                             -- greater with every change of the model; server/src/models/seq.ts
  run_id UInt32,
  change LowCardinality(String),          -- added | changed | removed
  row_hash UInt128,                       -- of `row`; 0 when removed
  row String CODEC(ZSTD(1)),              -- JSON object; of a removed row as it was last
  before String CODEC(ZSTD(1)),           -- JSON object: of a changed row as it was before; else empty
  person Array(String) CODEC(ZSTD(1)),    -- whom it is about, by the value of the model's column: now, and before
  at DateTime64(3, 'UTC'),
  index by_seq seq type minmax granularity 1,
  index by_person person type bloom_filter(0.01) granularity 1
) engine = MergeTree
order by (workspace_id, model_id, key_hash, key, seq)
settings fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 134217728;

-- What a reading has read so far, until it is compared; then its partition is dropped.
create table if not exists model_row (
  workspace_id UInt32,
  model_id UInt32,
  nr UInt32,                              -- of the reading, within its model
  key_hash UInt64 default cityHash64(key),
  key String CODEC(ZSTD(1)),
  row_hash UInt128 default reinterpretAsUInt128(sipHash128(row)),
  row String CODEC(ZSTD(1)),
  person String CODEC(ZSTD(1)),
  line UInt64 CODEC(Delta, ZSTD(1))       -- which row of the result it was, from 1
) engine = MergeTree
partition by (model_id, nr)
order by (key_hash, key)
settings min_bytes_for_wide_part = 134217728;
