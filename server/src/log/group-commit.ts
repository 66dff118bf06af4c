// Gathers what arrives for one partition into groups and writes one group at a time, so that many senders share one commit.
// Records stand in the groups in the order of `append`, and a group is only written when the one before it is decided:
// whoever appends twice finds its records in that order.
import { setImmediate as nextTurn } from "node:timers/promises";
import { EVENTS_PER_CHUNK_MAX } from "../core/position.ts";
import type { FramedRecord } from "./chunk-codec.ts";
import type { LogLimits } from "./log-limits.ts";
import { positionsOf } from "./log.ts";

export interface Group {
  readonly frames: readonly FramedRecord[];
  readonly positions: number;
}

export interface GroupCommitOptions {
  readonly limits: Pick<LogLimits, "gatherMs" | "groupBytesMax">;
  encode(frames: readonly FramedRecord[]): Promise<Buffer>;
  /** Makes the group durable and gives its offset. A rejection is passed to every appender of the group. */
  commit(group: Group, body: Buffer): Promise<number>;
}

export interface GroupCommit {
  /** Where the record landed, once it is durable. */
  append(frame: FramedRecord): Promise<{ readonly offset: number; readonly index: number }>;
  /** Resolves when everything appended so far is decided. */
  drain(): Promise<void>;
}

interface Waiting {
  readonly frame: FramedRecord;
  readonly positions: number;
  resolve(at: { offset: number; index: number }): void;
  reject(error: unknown): void;
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { limits } = options;
  let waiting: Waiting[] = [];
  let positions = 0;
  let bytes = 0;
  /** How many records the last group had: about as many come back once their senders were answered. */
  let expected = 1;
  let running: Promise<void> | undefined;
  let arrived: (() => void) | undefined;

  const isFull = (): boolean => positions >= EVENTS_PER_CHUNK_MAX || bytes >= limits.groupBytesMax;

  async function run(): Promise<void> {
    let writing: Promise<void> | undefined;
    for (;;) {
      if (waiting.length === 0) {
        await writing;
        if (waiting.length === 0) break;
      }
      if (!isFull()) await gather(writing);
      const group = take();
      expected = group.length;
      const body = encode(group);
      await writing;
      writing = write(group, body);
    }
    running = undefined;
  }

  /** Until the group is full; or nothing is being written any more and it is as large as the last one, or it waited long enough. */
  async function gather(writing: Promise<void> | undefined): Promise<void> {
    let isIdle = writing === undefined;
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    await nextTurn();
    await new Promise<void>((resolve) => {
      const decide = (): void => {
        if (isFull() || (isIdle && (isLate || waiting.length >= expected))) resolve();
      };
      const idle = (): void => {
        isIdle = true;
        timer = setTimeout(() => {
          isLate = true;
          decide();
        }, limits.gatherMs);
        decide();
      };
      arrived = decide;
      if (writing === undefined) idle();
      else void writing.then(idle);
      decide();
    });
    arrived = undefined;
    clearTimeout(timer);
  }

  function take(): Waiting[] {
    let count = 0;
    let groupPositions = 0;
    let groupBytes = 0;
    let hasControl = false;
    for (const next of waiting) {
      const isControl = next.frame.record.header.kind === "control";
      // A control record stands alone in its chunk: its reader acts on it between two commits.
      if (count > 0 && (isControl || hasControl)) break;
      hasControl = isControl;
      const fits = groupPositions + next.positions <= EVENTS_PER_CHUNK_MAX && groupBytes + next.frame.bytes <= limits.groupBytesMax;
      if (count > 0 && !fits) break;
      count += 1;
      groupPositions += next.positions;
      groupBytes += next.frame.bytes;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    positions -= groupPositions;
    bytes -= groupBytes;
    return group;
  }

  /** Never rejects by itself: a failure is kept until `write` hands it to the group. */
  function encode(group: readonly Waiting[]): Promise<{ body: Buffer } | { error: unknown }> {
    return options.encode(group.map((one) => one.frame)).then((body) => ({ body }), (error: unknown) => ({ error }));
  }

  async function write(group: readonly Waiting[], encoded: ReturnType<typeof encode>): Promise<void> {
    try {
      const result = await encoded;
      if ("error" in result) throw result.error;
      const total = group.reduce((sum, one) => sum + one.positions, 0);
      const offset = await options.commit({ frames: group.map((one) => one.frame), positions: total }, result.body);
      let index = 0;
      for (const one of group) {
        one.resolve({ offset, index });
        index += one.positions;
      }
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  return {
    append(frame) {
      return new Promise((resolve, reject) => {
        const taken = positionsOf(frame.record);
        waiting.push({ frame, positions: taken, resolve, reject });
        positions += taken;
        bytes += frame.bytes;
        running ??= run();
        arrived?.();
      });
    },
    async drain() {
      while (running) await running;
    },
  };
}
