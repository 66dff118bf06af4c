-- A merge is synced like an insert. On a disk that was full for a moment, files of a merged part were found empty although each write of
-- them had been taken: the system said so only to whoever asks for a sync. With one, the merge fails and is done again.
alter table events modify setting min_rows_to_fsync_after_merge = 1;
alter table profiles modify setting min_rows_to_fsync_after_merge = 1;
alter table profile_override modify setting min_rows_to_fsync_after_merge = 1;
alter table audience_log modify setting min_rows_to_fsync_after_merge = 1;
alter table list_member modify setting min_rows_to_fsync_after_merge = 1;
alter table computed_value modify setting min_rows_to_fsync_after_merge = 1;
