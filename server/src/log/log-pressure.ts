// Back-pressure: says no before memory, the backlog or the disk is in danger, and yes again by itself. Measured once per
// `sampleMs` while somebody appends or is being refused, so that an idle server does nothing here. Nobody waits for a
// measurement: the answer is the last one's.
import { statfs } from "node:fs/promises";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LogLimits } from "./log-limits.ts";

export interface DiskSpace {
  readonly freeBytes: number;
  readonly usedBytes: number;
}

export interface LogPressureOptions {
  readonly limits: LogLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stored bytes that the slowest reader has not read. */
  backlogBytes(): Promise<number>;
  /** Space of the disk that the log is on; undefined when it is on another machine. */
  diskSpace?: (() => Promise<DiskSpace>) | undefined;
}

export interface LogPressure {
  /** Throws AppError `overloaded` when a record of this size may not be accepted now. Gives what must be called when it is decided. */
  admit(bytes: number): () => void;
  /** Measures now; done once before the first record. */
  measure(): Promise<void>;
  /** What is accepted and undecided, and what the last measurement said. */
  waiting(): PressureNow;
  close(): void;
}

type Problem = "backlog" | "disk";

export interface PressureNow {
  readonly records: number;
  readonly bytes: number;
  readonly backlogBytes: number;
  /** Why nothing is taken in; undefined while it is. */
  readonly refusesFor: Problem | undefined;
}

export async function diskSpaceOf(folder: string): Promise<DiskSpace> {
  const fs = await statfs(folder);
  return { freeBytes: fs.bavail * fs.bsize, usedBytes: (fs.blocks - fs.bfree) * fs.bsize };
}

export function createLogPressure(options: LogPressureOptions): LogPressure {
  const { limits, clock, logger } = options;
  let records = 0;
  let bytes = 0;
  let backlogBytes = 0;
  let problem: Problem | undefined;
  let sampledAtMs: number | undefined;
  let sampling: Promise<void> | undefined;
  let again: NodeJS.Timeout | undefined;
  let closed = false;

  async function sample(): Promise<void> {
    try {
      const [backlog, disk] = await Promise.all([options.backlogBytes(), options.diskSpace?.()]);
      backlogBytes = backlog;
      const found = problemOf(limits, backlog, disk);
      if (found !== problem) logger.warn({ problem: found ?? "none", backlogBytes, disk }, "what the event log refuses for");
      problem = found;
    } catch (error) {
      // The database can't be asked: appends find that out themselves. The last answer stands.
      logger.warn({ err: error }, "the event log's backlog could not be measured");
    }
    sampledAtMs = clock.nowMs();
    sampling = undefined;
    if (problem && !closed) again = setTimeout(() => void measure(), limits.sampleMs).unref();
  }

  function measure(): Promise<void> {
    clearTimeout(again);
    return (sampling ??= sample());
  }

  function isStale(): boolean {
    return sampledAtMs === undefined || Math.abs(clock.nowMs() - sampledAtMs) >= limits.sampleMs;
  }

  return {
    measure,
    admit(size) {
      if (isStale()) void measure();
      if (problem) throw refusal(problem, limits);
      if (records >= limits.waitingRecordsMax || (records > 0 && bytes + size > limits.waitingBytesMax)) {
        throw new AppError("overloaded", {
          detail: "Too much is waiting to be written.", retryAfterSeconds: limits.retryAfterBusySeconds,
        });
      }
      records += 1;
      bytes += size;
      return () => {
        records -= 1;
        bytes -= size;
      };
    },
    waiting: () => ({ records, bytes, backlogBytes, refusesFor: problem }),
    close() {
      closed = true;
      clearTimeout(again);
    },
  };
}

function problemOf(limits: LogLimits, backlogBytes: number, disk: DiskSpace | undefined): Problem | undefined {
  if (backlogBytes >= limits.backlogBytesMax) return "backlog";
  if (!disk) return undefined;
  const used = disk.usedBytes / Math.max(disk.usedBytes + disk.freeBytes, 1);
  return used >= limits.diskUsedMax || disk.freeBytes < limits.diskFreeBytesMin ? "disk" : undefined;
}

function refusal(problem: Problem, limits: LogLimits): AppError {
  const detail = problem === "disk" ? "The disk is nearly full." : "Too many stored events are waiting to be processed.";
  return new AppError("overloaded", { detail, retryAfterSeconds: limits.retryAfterFullSeconds });
}
