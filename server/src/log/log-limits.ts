// Every limit of the event log, in one place. Sizes are bytes, times milliseconds unless the name says otherwise.

const MB = 1024 * 1024;
const GB = 1024 * MB;
const HOUR_MS = 3_600_000;

export interface LogLimits {
  /** How long a group waits for as many records as the last one had, when nothing is being written. */
  readonly gatherMs: number;
  /** A group of records is closed at this size; a single record may be larger, up to `chunkContentBytesMax`. */
  readonly groupBytesMax: number;
  /** One chunk's content before compression: what a reader must be able to hold. */
  readonly chunkContentBytesMax: number;
  /** Records accepted and not yet durable, in this process. Beyond it appends are refused. */
  readonly waitingBytesMax: number;
  readonly waitingRecordsMax: number;
  /** A write that takes longer is given up; whether it was stored is then open. */
  readonly commitTimeoutMs: number;
  /** Stored chunks that the slowest reader has not read. Beyond it appends are refused. */
  readonly backlogBytesMax: number;
  /** Appends are refused while the disk is fuller than this share, or has less than `diskFreeBytesMin` left. */
  readonly diskUsedMax: number;
  readonly diskFreeBytesMin: number;
  /** How old the measurement behind a refusal may be. */
  readonly sampleMs: number;
  /** What a refused sender is told to wait: for memory, and for a backlog or a disk. */
  readonly retryAfterBusySeconds: number;
  readonly retryAfterFullSeconds: number;
  /** A segment is closed at this age or size; only closed segments are ever dropped. */
  readonly segmentAgeMs: number;
  readonly segmentBytesMax: number;
  /** The horizon: what is older, or beyond this size, is dropped once every reader has passed it. */
  readonly horizonMs: number;
  readonly horizonBytesMax: number;
  /** Content given by one read, unpacked; passed by at most a few chunks. */
  readonly readContentBytesMax: number;
  /** Most chunks fetched from the database at once. */
  readonly readChunksMax: number;
  /**
   * Readers of other processes' appends look at the head this often: fast after activity, slower after seconds without any.
   * Where every appender is in this process, or pokes, the slow end may be seconds.
   */
  readonly pollMsMin: number;
  readonly pollMsMax: number;
  /** How long maintenance waits for the lock that dropping a table needs; appends stand behind it meanwhile. */
  readonly dropLockTimeoutMs: number;
}

export const logLimits: LogLimits = {
  gatherMs: 2,
  groupBytesMax: 4 * MB,
  chunkContentBytesMax: 64 * MB,
  waitingBytesMax: 128 * MB,
  waitingRecordsMax: 50_000,
  commitTimeoutMs: 15_000,
  backlogBytesMax: 5 * GB,
  diskUsedMax: 0.95,
  diskFreeBytesMin: GB,
  sampleMs: 1_000,
  retryAfterBusySeconds: 1,
  retryAfterFullSeconds: 10,
  segmentAgeMs: 6 * HOUR_MS,
  segmentBytesMax: GB,
  horizonMs: 72 * HOUR_MS,
  horizonBytesMax: 20 * GB,
  readContentBytesMax: 32 * MB,
  readChunksMax: 512,
  pollMsMin: 5,
  pollMsMax: 250,
  dropLockTimeoutMs: 500,
};
