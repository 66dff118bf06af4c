// Which failures mean that a stored part can't be read, as against a query that can't be answered. ClickHouse says them of data that
// came in too, and of memory that ran out while a part was read; so both must hold: the name of the failure, and a file of a table that it names.

const failures = new Set([
  "CORRUPTED_DATA", "CANNOT_READ_ALL_DATA", "ATTEMPT_TO_READ_AFTER_EOF", "CHECKSUM_DOESNT_MATCH", "CANNOT_DECOMPRESS", "UNKNOWN_CODEC",
  "TOO_LARGE_SIZE_COMPRESSED", "FILE_DOESNT_EXIST", "NO_FILE_IN_DATA_PART", "BAD_SIZE_OF_FILE_IN_DATA_PART",
]);
/** Where the files of a table's parts are; of an index the engine names no more than the file. */
const tableFolder = /\/store\/[0-9a-f]{3}\/[0-9a-f-]{36}\//;

/** The end of the path of the table of which a part can't be read, if the failure says that. */
export function unreadableFolder(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  const name = [...message.matchAll(/\(([A-Z][A-Z_]+)\)/g)].at(-1)?.[1];
  return name !== undefined && failures.has(name) ? tableFolder.exec(message)?.[0] : undefined;
}
