-- What a part costs was most of what ClickHouse cost. Measured per row of 46 columns, 5,000 to 20,000 rows a part:
-- a wide part (a file for each column, each synced) 26 to 46 µs, a compact one 14 to 25; merging often and few parts at once
-- another 15. So parts stay compact up to the size of a minute's load, and many are merged at once: dozens of parts to read
-- instead of a few.
alter table events modify setting min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 24, merge_selector_base = 32;
alter table profiles modify setting min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 16, merge_selector_base = 24;
