// Where an event stands in the log, as one number.
//
// A chunk of the log has an offset in its partition and holds at most EVENTS_PER_CHUNK_MAX records, so
// `offset * EVENTS_PER_CHUNK_MAX + index` is unique within a partition, grows in log order and stays a safe
// integer for 2^41 chunks (at 500 chunks a second: 139 years). A workspace lives in one partition for ever, so
// within a workspace this number alone, the row_id, names an event and breaks ties.

export const EVENTS_PER_CHUNK_MAX = 4096;

/** The row_id of record `index` in the chunk at `offset`. */
export function rowId(offset: number, index: number): number {
  return offset * EVENTS_PER_CHUNK_MAX + index;
}

/** The chunk offset and the index in it that a row_id was made from. */
export function rowPosition(row: number): { offset: number; index: number } {
  return { offset: Math.floor(row / EVENTS_PER_CHUNK_MAX), index: row % EVENTS_PER_CHUNK_MAX };
}

/** Partitions of the outbox from here on are those of audiences, one for each partition of the log, which has far fewer. */
const AUDIENCE_PARTITIONS = 4096;

/** Where the outbox keeps what audiences write about people of this log partition. */
export function audiencePartition(partition: number): number {
  return AUDIENCE_PARTITIONS + partition;
}
