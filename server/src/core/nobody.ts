// The profile id of rows that belong to nobody: duplicates, held and dropped events, changes by hand of no person.

/** All zeros: ClickHouse's UUID columns have no null. */
export const NOBODY = "00000000-0000-0000-0000-000000000000";
