-- Fewer, larger merges. Measured with 46 columns and one part every half second: merging cost more CPU than inserting (41 µs
-- per row in all); with these settings the same rows cost 24 µs. The price is some dozens of parts instead of a few.
alter table events modify setting min_parts_to_merge_at_once = 24, merge_selector_base = 32;
alter table profiles modify setting min_parts_to_merge_at_once = 16, merge_selector_base = 24;
