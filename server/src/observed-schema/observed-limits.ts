// How much of what arrives is listed. Whatever senders invent, these numbers bound the rows in Postgres, the memory of the
// reader, and what one look at the event table costs; what they leave out is counted (`observed_beyond`).

export interface ObservedLimits {
  /** Names of events that a workspace lists. */
  readonly eventsMax: number;
  readonly eventCharactersMax: number;
  /** Fields of one event, and of the workspace in all. */
  readonly fieldsPerEventMax: number;
  readonly fieldsMax: number;
  readonly pathCharactersMax: number;
  /** Values kept of a field, and characters of one. */
  readonly examplesMax: number;
  readonly exampleCharactersMax: number;
  /** Values of a field that are looked at for what they look like; those after are not. */
  readonly sampledMax: number;
  /** Days whose counts are kept. */
  readonly daysMax: number;
  /** Rows of the event table, and bytes of payload, in one slice. */
  readonly sliceRowsMax: number;
  readonly sliceBytesMax: number;
  /** Rows of a slice that are looked into for values, and how large such a payload may be. */
  readonly sampleRowsMax: number;
  readonly sampleBytesMax: number;
  /** Lists of objects whose items are looked into, in one slice. */
  readonly objectListsMax: number;
}

export const observedLimits: ObservedLimits = {
  eventsMax: 1_000,
  eventCharactersMax: 512,
  fieldsPerEventMax: 300,
  fieldsMax: 10_000,
  pathCharactersMax: 300,
  examplesMax: 5,
  exampleCharactersMax: 120,
  sampledMax: 200,
  daysMax: 60,
  sliceRowsMax: 100_000,
  sliceBytesMax: 128 * 1024 * 1024,
  sampleRowsMax: 300,
  sampleBytesMax: 64 * 1024,
  objectListsMax: 32,
};
