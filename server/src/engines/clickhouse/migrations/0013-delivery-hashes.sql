-- What is left of a request when its bodies are gone: that it went out, what was answered, and by which hash what went can be known again.
create table if not exists delivery_hashes (
  workspace_id UInt32,
  destination_id UInt32,
  request_id UUID,
  at DateTime64(3, 'UTC'),
  nr UInt16,
  method LowCardinality(String),
  status UInt16,
  request_hash FixedString(64),                -- SHA-256 of the body, in hexadecimal
  response_hash FixedString(64),
  index by_request request_id type bloom_filter(0.01) granularity 1
) engine = MergeTree
partition by toYYYYMM(at)
order by (workspace_id, destination_id, at);
