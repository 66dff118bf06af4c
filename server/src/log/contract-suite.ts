// What every event log must do, whichever engine it is on. A test file of an implementation calls `describeLogContract`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogRecord, Chunk, EventLog } from "./log.ts";

/** A fresh, empty log of two partitions. */
export interface LogHarness {
  /** The log as another process would open it: with connections of its own. */
  open(): Promise<EventLog>;
  /** From now on every commit is held back for a random time up to this, after its place is taken and before it is visible. */
  slowDown(msMax: number): Promise<void>;
  /** Stops and starts the engine as an upgrade or a crash would, where that is possible. */
  restart?(): Promise<void>;
  stop(): Promise<void>;
}

export const receivedAtMs = 1_700_000_000_000;

export function eventsRecord(events: readonly string[], sourceId = 1): LogRecord {
  return { header: { kind: "events", workspaceId: 1, sourceId, receivedAtMs }, events: events.map((event) => Buffer.from(event)) };
}

export function controlRecord(importId: number): LogRecord {
  return {
    header: { kind: "control", workspaceId: 1, receivedAtMs, actor: "system", action: { kind: "import.withdraw", importId } },
    events: [],
  };
}

/** Everything from an offset to the present end. */
export async function readAll(log: EventLog, partition: number, fromOffset = 0): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for (let offset = fromOffset; ;) {
    const next = await log.read(partition, offset, 50_000);
    if (next.length === 0) return chunks;
    chunks.push(...next);
    offset += next.length;
  }
}

/** The events of the chunks as text, each with its offset and index. */
export function placed(chunks: readonly Chunk[]): readonly { offset: number; index: number; text: string }[] {
  return chunks.flatMap((chunk) => chunk.records
    .flatMap((record) => (record.header.kind === "control" ? ["control"] : record.events.map(String)))
    .map((text, index) => ({ offset: chunk.offset, index, text })));
}

export function describeLogContract(name: string, makeLog: () => Promise<LogHarness>): void {
  describe(`the event log on ${name}`, () => {
    let harness: LogHarness;
    const opened: EventLog[] = [];
    const open = async (): Promise<EventLog> => {
      const log = await harness.open();
      opened.push(log);
      return log;
    };
    beforeAll(async () => void (harness = await makeLog()));
    afterAll(async () => {
      for (const log of opened) await log.close();
      await harness.stop();
    });

    test("starts empty, with all its partitions", async () => {
      const log = await open();
      expect(await log.state()).toEqual([0, 1].map((partition) => ({ partition, nextOffset: 0, firstOffset: 0 })));
      expect(await log.read(1, 0, 1_000)).toEqual([]);
    });

    test("gives back what was appended, byte for byte, at the place that the appender was told", async () => {
      const log = await open();
      const bytes = Buffer.from([0, 0xff, 0xc3, 0x28, 0x0a]);
      const header = { kind: "events" as const, workspaceId: 1, sourceId: 7, receivedAtMs, ip: "192.0.2.1", context: "{\"a\":1.0}" };
      const record: LogRecord = { header, events: [bytes, Buffer.from("{}")] };
      const at = await log.append(0, record);
      const [chunk] = await log.read(0, at.offset, 1);
      expect(chunk).toEqual({ partition: 0, offset: at.offset, records: [record] });
      expect(at.index).toBe(0);
    });

    test("gives a control record one position between the events around it, in a chunk of its own", async () => {
      const log = await open();
      const control = controlRecord(3);
      const appended = await Promise.all([
        log.append(0, eventsRecord(["a", "b"])), log.append(0, control), log.append(0, eventsRecord(["c"])),
      ]);
      const chunks = await readAll(log, 0, appended[0].offset);
      const order = placed(chunks).map((one) => one.text);
      expect(order).toEqual(["a", "b", "control", "c"]);
      const places = placed(chunks);
      expect(places.find((one) => one.text === "control")).toMatchObject({ offset: appended[1].offset, index: appended[1].index });
      expect(chunks.filter((chunk) => chunk.records.some((record) => record.header.kind === "control")))
        .toEqual([{ partition: 0, offset: appended[1].offset, records: [control] }]);
    });

    test("refuses a record that holds more events than a chunk, and one that holds none", async () => {
      const log = await open();
      await expect(log.append(0, eventsRecord(Array.from({ length: 4097 }, () => "{}")))).rejects.toThrow(/Assertion failed/);
      await expect(log.append(0, eventsRecord([]))).rejects.toThrow(/Assertion failed/);
    });

    test("splits what does not fit into one chunk and keeps the order", async () => {
      const log = await open();
      const records = Array.from({ length: 5 }, (_, r) => eventsRecord(Array.from({ length: 2_000 }, (_, e) => `${r}.${e}`)));
      const appended = await Promise.all(records.map((record) => log.append(0, record)));
      const first = Math.min(...appended.map((at) => at.offset));
      const chunks = await readAll(log, 0, first);
      expect(placed(chunks).map((one) => one.text)).toEqual(records.flatMap((record) => record.events.map(String)));
      for (const chunk of chunks) expect(placed([chunk]).length).toBeLessThanOrEqual(4096);
    });

    test("reads at least one chunk, and stops once the wanted bytes are passed", async () => {
      const log = await open();
      const from = (await log.state())[1]!.nextOffset;
      const noise = () => Array.from({ length: 3_000 }, () => Math.random().toString(36)).join("");
      for (let i = 0; i < 4; i++) await log.append(1, eventsRecord([noise()]));
      const offsets = async (bytesMax: number): Promise<number[]> =>
        (await log.read(1, from, bytesMax)).map((chunk) => chunk.offset - from);
      expect(await offsets(1)).toEqual([0]);
      const two = await offsets(40_000);
      expect(two.length).toBeGreaterThan(1);
      expect(two.length).toBeLessThan(4);
      expect(await offsets(10_000_000)).toEqual([0, 1, 2, 3]);
    });

    test("fails for an offset past the end, which would otherwise be skipped once the log gets there", async () => {
      const log = await open();
      const { nextOffset } = (await log.state())[0]!;
      await expect(log.read(0, nextOffset + 1, 1_000)).rejects.toThrow(/no chunk at offset/);
    });

    test("wakes those who wait for an append, also of another process, and tells the others that nothing came", async () => {
      const [here, there] = await Promise.all([open(), open()]);
      const { nextOffset } = (await here.state())[0]!;
      expect(await here.waitForAppend(0, nextOffset - 1, 10_000)).toBe(true);
      expect(await here.waitForAppend(0, nextOffset, 30)).toBe(false);
      const waiting = Promise.all([here.waitForAppend(0, nextOffset, 10_000), there.waitForAppend(0, nextOffset, 10_000)]);
      await here.append(0, eventsRecord(["wake"]));
      expect(await waiting).toEqual([true, true]);
      expect(placed(await there.read(0, nextOffset, 1_000)).map((one) => one.text)).toEqual(["wake"]);
    });

    test("finishes what is being appended when it closes, and then refuses", async () => {
      const log = await open();
      const last = log.append(0, eventsRecord(["last words"]));
      await log.close();
      const at = await last;
      await expect(log.append(0, eventsRecord(["too late"]))).rejects.toMatchObject({ code: "unavailable" });
      const chunks = await readAll(await open(), 0, at.offset);
      expect(placed(chunks).map((one) => one.text)).toEqual(["last words"]);
    });

    test("skips and doubles nothing for a reader beside eight appenders whose commits are slow", async () => {
      const reader = await open();
      const from = (await reader.state())[0]!.nextOffset;
      await harness.slowDown(12);
      const seen: { offset: number; index: number; text: string }[] = [];
      const appenders = 8;
      const each = 40;
      const reading = (async () => {
        for (let offset = from; seen.length < appenders * each;) {
          if (!(await reader.waitForAppend(0, offset, 15_000))) throw new Error(`nothing after offset ${offset}`);
          for (const chunk of await reader.read(0, offset, 100_000)) {
            expect(chunk.offset).toBe(offset);
            offset += 1;
            seen.push(...placed([chunk]));
          }
        }
      })();
      const told = (await Promise.all(Array.from({ length: appenders }, async (_, who) => {
        const log = await open();
        const places: { offset: number; index: number; text: string }[] = [];
        for (let i = 0; i < each; i += 2) {
          // Two at once, so that groups form and the order within a group counts too.
          const texts = [`${who}:${i}`, `${who}:${i + 1}`];
          const at = await Promise.all(texts.map((text) => log.append(0, eventsRecord([text]))));
          texts.forEach((text, k) => places.push({ offset: at[k]!.offset, index: at[k]!.index, text }));
        }
        return places;
      }))).flat();
      await reading;
      await harness.slowDown(0);

      expect(new Set(seen.map((one) => one.text)).size).toBe(appenders * each);
      const byText = (a: { text: string }, b: { text: string }): number => (a.text < b.text ? -1 : 1);
      expect(seen.toSorted(byText)).toEqual(told.toSorted(byText));
      for (let who = 0; who < appenders; who++) {
        const order = seen.filter((one) => one.text.startsWith(`${who}:`)).map((one) => Number(one.text.split(":")[1]));
        expect(order).toEqual(Array.from({ length: each }, (_, i) => i));
      }
    });

    test("holds everything acknowledged when it is opened again", async () => {
      const log = await open();
      const before = await readAll(log, 0);
      await log.close();
      await harness.restart?.();
      expect(await readAll(await open(), 0)).toEqual(before);
      expect(before.length).toBeGreaterThan(20);
    });
  });
}
