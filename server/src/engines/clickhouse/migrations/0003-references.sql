-- Order, receipt and ticket numbers, by which people are found: the first 64 bits of a hash of each property that the workspace
-- names as a reference. Few events have one, so the column is a byte a row for most; the filter is about ten bits a number.
alter table events add column if not exists reference_keys Array(UInt64) after identifiers;
alter table events add index if not exists by_reference reference_keys type bloom_filter(0.01) granularity 1;
