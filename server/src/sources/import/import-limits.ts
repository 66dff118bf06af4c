// Every limit of an import, in one place. Reaching one refuses a line or stops the import, with the limit's name in the message.

export const importLimits = {
  /** One physical line, and one CSV record that runs over several. */
  lineBytesMax: 1_000_000,
  columnsMax: 1_000,
  /** Lines that make up one event. */
  groupLinesMax: 10_000,
  /** Lines (and characters of them) held in memory because their groups are not complete. */
  heldLinesMax: 100_000,
  heldCharactersMax: 32_000_000,
  /** Groups of one file that are remembered, so that a group which comes back after its end is noticed. */
  groupsPerFileMax: 1_000_000,
  groupWindowDefault: 10_000,
  /** The same as for an event by HTTP. */
  eventBytesMax: 500_000,
  /** What one record of the log takes. */
  recordEventsMax: 2_000,
  recordBytesMax: 1_000_000,
  /** Records that may wait for the pipeline at once: one that it commits, one that it decides, and the next. */
  recordsAheadMax: 3,
  /** Errors stored for an import; the count goes on. */
  errorsKeptMax: 10_000,
  /** How many lines may be read before progress is stored, though no event came of them. */
  linesPerStepMax: 10_000,
  /** Events shown, errors shown and people counted by a dry run. */
  previewEventsMax: 20,
  previewErrorsMax: 1_000,
  previewPeopleMax: 200_000,
  /** Dry runs that may be open at once in one server, and how long an idle one is kept. */
  previewsMax: 8,
  previewIdleMs: 3_600_000,
  /** How long a log that takes nothing in, or a pipeline that does not come on, is waited for before the upload is broken off (it resumes). */
  overloadWaitMaxMs: 120_000,
  /** Content of one upload, as it comes over the wire. It is never held in memory; this only ends what has no end. */
  contentBytesMax: 1_000_000_000_000,
  /** How long an upload may send nothing while it is waited for. */
  silenceMaxMs: 60_000,
  /** Between two stores of the place from which an import resumes. */
  checkpointEveryMs: 1_000,
  /** Width of a number taken as one; anything longer is no quantity. */
  numberCharactersMax: 100,
} as const;
