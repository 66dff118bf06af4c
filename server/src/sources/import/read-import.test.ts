// The pure core: bytes and a mapping in, events and refusals out.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importMapping, type ImportFormat, type ImportReading } from "@tributary/schema/import.ts";
import { importLimits } from "./import-limits.ts";
import { readImport, startOfFile, type ImportCheckpoint, type ImportPlan } from "./read-import.ts";

interface Result {
  readonly events: any[]; // looked into freely: it is JSON that the test wrote
  readonly texts: string[];
  readonly refused: string[];
  readonly counts: ImportCheckpoint["counts"];
}

function planFor(mapping: unknown, format: ImportFormat = "csv", reading: ImportReading = {}): ImportPlan {
  return { format, mapping: mapping === null ? null : importMapping.parse(mapping), reading, messageIdOf: (line) => `import-1-${line}` };
}

async function read(content: string | Buffer, plan: ImportPlan): Promise<Result> {
  const texts: string[] = [];
  const refused: string[] = [];
  let { counts } = startOfFile;
  for await (const step of readImport(Readable.from([Buffer.from(content)]), plan).steps) {
    texts.push(...step.events.map(({ json }) => String(json)));
    refused.push(...step.refused.map(({ line, problem }) => `${line} ${problem.code}`));
    ({ counts } = step);
  }
  return { texts, events: texts.map((text) => JSON.parse(text)), refused, counts };
}

const base = { version: 1, time_zone: "UTC", decimal_mark: ".", events: [{ name: "Bought" }], timestamp: "at" };

describe("a mapping", () => {
  test("writes values by their types, with the file's own digits", async () => {
    const { texts } = await read("at,n,id,flag,extra,note\n2025-01-01,1.650,0013995.0,Yes,\"{\"\"a\"\":[1e3]}\", hi \n", planFor({
      ...base, user_id: { column: "id", type: "integer_text" }, message_id: { prefix: "m-", columns: ["id", "n"] },
      properties: {
        "deep.number": { column: "n", type: "number" }, flag: { column: "flag", type: "boolean" }, extra: { column: "extra", type: "json" }, note: "note",
        currency: { value: "GBP" }, total: { sum: ["n", "n"] },
      },
      traits: { plan: { value: "free" } }, context: { "page.path": { value: "/" } },
    }));
    expect(texts).toEqual([
      '{"type":"track","messageId":"m-0013995.0-1.650","event":"Bought","userId":"0013995","timestamp":"2025-01-01T00:00:00Z",'
      + '"properties":{"deep":{"number":1.650},"flag":true,"extra":{"a":[1e3]},"note":" hi ","currency":"GBP","total":2.7225},'
      + '"context":{"page":{"path":"/"},"traits":{"plan":"free"}}}',
    ]);
  });

  test("names events by the first rule that holds, and counts lines left out on purpose", async () => {
    const plan = planFor({
      ...base, skip_lines: { column: "kind", equals: "test" },
      events: [
        { name: "Refunded", when: { all: [{ column: "kind", starts_with: "R" }, { not: { column: "price", number_greater_than: 0 } }] } },
        { skip: true, when: { any: [{ column: "kind", one_of: ["X", "Y"] }, { column: "price", empty: true }] } },
        { name: { column: "kind" }, when: { column: "price", number_less_than: "10.00" } },
      ],
    });
    const { events, refused, counts } = await read("at,kind,price\n2025-01-01,R1,0.0\n2025-01-01,X,1\n2025-01-01,R2,9.99\n2025-01-01,test,1\n2025-01-01,Z,10\n2025-01-01,Z,\n", plan);
    expect(events.map((event) => event.event)).toEqual(["Refunded", "R2"]);
    expect(refused).toEqual(["6 no_rule"]);
    expect(counts).toEqual({ lines: 6, events: 2, refused: 1, skipped: 3 });
  });

  test("refuses a line with its reason, and takes in the others", async () => {
    const plan = planFor({ ...base, user_id: { column: "who", required: true }, properties: { n: { column: "n", type: "number" } } });
    const { refused, events } = await read("at,who,n\n2025-01-01,a,1\n2025-01-01,,1\nnever,a,1\n2025-01-01,a,1e3\n,a,1\n2025-01-01,a\n2025-01-01,b,2\n", plan);
    expect(refused).toEqual(["3 missing_value", "4 not_a_time", "5 not_a_number", "6 missing_timestamp", "7 wrong_column_count"]);
    expect(events.map((event) => event.userId)).toEqual(["a", "b"]);
  });

  test("leaves empty values out, or writes null where it is told to", async () => {
    const { events } = await read("at,a,b\n2025-01-01,, \n", planFor({ ...base, properties: { a: "a", b: { column: "b", when_empty: "null" } } }));
    expect(events[0].properties).toEqual({ b: null });
  });

  test("takes columns that it does not name along, when told where", async () => {
    const { events } = await read("at,a.b,__proto__,c\n2025-01-01,1,2,3\n", planFor({ ...base, other_columns: "properties", properties: { see: "c" } }));
    expect(JSON.stringify(events[0].properties)).toBe('{"see":"3","a":{"b":"1"},"_":"2"}');
    expect(({} as Record<string, unknown>)["see"]).toBeUndefined();
  });

  test.each([
    ["a column that the file has not", { ...base, properties: { a: "nowhere" } }, "no column nowhere"],
    ["a number without decimal mark", { ...base, decimal_mark: undefined, properties: { n: { column: "n", type: "number" } } }, "nothing says how they are written"],
    ["a time without zone", { ...base, time_zone: undefined }, "has no offset"],
    ["a zone that is none", { ...base, time_zone: "Middle/Earth" }, "no time zone"],
    ["a pattern that is none", { ...base, timestamp: { column: "at", time_format: "dd.mm" } }, "time format"],
    ["two values for one place", { ...base, properties: { "a.b": "n", a: "n" } }, "twice"],
    ["a track call without a name", { ...base, events: [{}] }, "names no event"],
  ])("with %s stops before the first event", async (_what, mapping, message) => {
    await expect(read("at,n\n2025-01-01,1\n", planFor(JSON.parse(JSON.stringify(mapping))))).rejects.toMatchObject({ code: "bad_request", message: expect.stringContaining(message) });
  });

  test("reads JSON lines by paths, with the digits of the file", async () => {
    const { events, texts, refused } = await read(
      '{"at":"2025-01-01","order":{"id":12345678901234567890,"items":[{"p":1.10}]},"who":{"id":"u"}}\nnot json\n[1]\n',
      planFor({ ...base, format: "ndjson", user_id: "who.id", properties: { id: "order.id", items: { column: "order.items", type: "json" } } }, "ndjson"),
    );
    expect(events[0]).toMatchObject({ userId: "u", properties: { id: "12345678901234567890" } });
    expect(texts[0]).toContain('"items":[{"p":1.10}]');
    expect(refused).toEqual(["2 invalid_json", "3 invalid_json"]);
  });
});

describe("groups", () => {
  const grouped = {
    ...base, group_by: ["order"], group_window: 3, timestamp: { column: "at", take: "min" },
    properties: { order: "order", lines: { lines: { sku: "sku" } }, total: { sum: ["n"] } },
  };
  const row = (order: string | number, sku: string, n = "1"): string => `${order},2025-01-01,${sku},${n}\n`;
  const header = "order,at,sku,n\n";

  test("are whole although other groups' lines stand between theirs", async () => {
    const { events, counts } = await read(header + row(1, "a") + row(2, "b") + row(1, "c") + row(2, "d") + row(1, "e"), planFor(grouped));
    expect(events.map((event) => [event.properties.order, event.properties.lines.map((line: { sku: string }) => line.sku).join("")])).toEqual([["2", "bd"], ["1", "ace"]]);
    expect(counts).toMatchObject({ lines: 5, events: 2, refused: 0 });
  });

  test("that come back after their end are refused, not made twice", async () => {
    const { refused, events } = await read(header + row(1, "a") + row(2, "b") + row(3, "c") + row(4, "d") + row(5, "e") + row(1, "f"), planFor(grouped));
    expect(refused).toEqual(["7 group_reopened"]);
    expect(events).toHaveLength(5);
  });

  test("are left out whole for one bad line, which is named at each", async () => {
    const { refused, events, counts } = await read(header + row(1, "a") + row(1, "b", "x") + row(2, "c") + row(1, "d"), planFor(grouped));
    expect(refused.toSorted()).toEqual(["2 group_refused", "3 not_a_number", "5 group_refused"]);
    expect(events).toHaveLength(1);
    expect(counts).toMatchObject({ lines: 4, events: 1, refused: 3 });
  });

  test("beside a line that can't be read are left out, for it may be theirs", async () => {
    const { refused, events } = await read(`${header}${row(1, "a")}${row(2, "b")}2,2025-01-01,5" disk,1\n${row(3, "c")}${row(4, "d")}`, planFor(grouped));
    expect(refused.toSorted()).toEqual(["3 group_refused", "4 quote_not_closed", "5 group_refused"]);
    expect(events.map((event) => event.properties.order)).toEqual(["1", "4"]);
  });

  test("whose lines differ in a value of the event are refused, unless it says which counts", async () => {
    const content = header + "1,2025-01-02,a,1\n1,2025-01-01,b,1\n";
    expect((await read(content, planFor({ ...grouped, timestamp: "at" }))).refused).toEqual(["3 lines_disagree", "2 group_refused"]);
    expect((await read(content, planFor(grouped))).events[0].timestamp).toBe("2025-01-01T00:00:00Z");
    expect((await read(content, planFor({ ...grouped, timestamp: { column: "at", take: "max" } }))).events[0].timestamp).toBe("2025-01-02T00:00:00Z");
  });

  test("larger than the limit are refused", async () => {
    const { refused, counts } = await read(header + row(1, "a").repeat(importLimits.groupLinesMax + 2), planFor(grouped));
    expect(counts).toMatchObject({ events: 0, refused: importLimits.groupLinesMax + 2 });
    expect(refused.filter((each) => each.endsWith("group_too_large"))).toHaveLength(2);
  });

  test("conditions hold for every line or, when told so, for any", async () => {
    const events = [{ name: "Free", when: { column: "n", number_equals: 0 } }, { name: "Partly free", when: { column: "n", number_equals: 0, lines: "any" } }, { name: "Paid" }];
    const result = await read(header + row(1, "a", "0") + row(1, "b", "0.00") + row(2, "a", "0") + row(2, "b", "1") + row(3, "a", "2"), planFor({ ...grouped, events }));
    expect(result.events.map((event) => event.event)).toEqual(["Free", "Partly free", "Paid"]);
  });

  test("and everything else come out the same when reading stops after any step and goes on elsewhere", async () => {
    const line = fc.record({ order: fc.nat({ max: 6 }), sku: fc.constantFrom("a", "multi\nline", "é", "q\"q"), n: fc.constantFrom("1", "2.50", "x") });
    const broken = fc.constantFrom("5\" disk,x\n", "1,2\n", "\n", ",,,,,,\n");
    const content = fc.array(fc.oneof({ weight: 8, arbitrary: line.map(({ order, sku, n }) => row(order, `"${sku.replaceAll("\"", "\"\"")}"`, n)) }, { weight: 1, arbitrary: broken }), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(content, fc.array(fc.nat({ max: 400 }), { maxLength: 6 }), async (rows, cuts) => {
      const bytes = Buffer.from(header + rows.join(""));
      const plan = planFor(grouped);
      const whole = await read(bytes, plan);
      const texts: string[] = [];
      const refused: string[] = [];
      let at: ImportCheckpoint = startOfFile;
      for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        const until = Math.max(Math.min(cut, bytes.length), at.byte);
        // As it lies in the database between two uploads.
        const from = JSON.parse(JSON.stringify(at)) as ImportCheckpoint;
        const reader = readImport(Readable.from([bytes.subarray(from.byte, until)]), plan, { from, isLastPart: cut === bytes.length });
        for await (const step of reader.steps) {
          texts.push(...step.events.map(({ json }) => String(json)));
          refused.push(...step.refused.map((each) => `${each.line} ${each.problem.code}`));
        }
        at = reader.checkpoint();
      }
      expect({ texts, refused, counts: at.counts }).toEqual({ texts: whole.texts, refused: whole.refused, counts: whole.counts });
      // Nothing vanishes: every line is in an event, refused, or skipped.
      const inEvents = whole.events.reduce((sum: number, event) => sum + event.properties.lines.length, 0);
      expect(inEvents + whole.counts.refused + whole.counts.skipped).toBe(whole.counts.lines);
    }), { numRuns: 200 });
  });
});

describe("files that are Segment-shaped already", () => {
  const plan = planFor(null, "ndjson");
  const call = '{"type":"track", "event":"A","userId":"u","messageId":"m","timestamp":"2025-01-01T00:00:00Z","properties":{"n":1.0,"big":12345678901234567890,"n":2}}';

  test("go in byte for byte", async () => {
    expect((await read(`${call}\r\n\n  ${call}\n`, plan)).texts).toEqual([call, call]);
  });

  test("get a message id when they have none, at their end", async () => {
    const { texts } = await read('{"type":"identify","userId":"u" }\n{"userId":"u","type":"identify","messageId":""}\n', plan);
    expect(texts).toEqual(['{"type":"identify","userId":"u","messageId":"import-1-1"}', '{"userId":"u","type":"identify","messageId":"","messageId":"import-1-2"}']);
  });

  test("need times with an offset, or a zone in which they are meant", async () => {
    const local = '{"type":"track","event":"A","properties":{"timestamp":"2025-07-01 12:00"},"timestamp": "2025-07-01 12:00:00","userId":"u\\"}","messageId":"m"}';
    await expect(read(local, plan)).rejects.toMatchObject({ code: "bad_request", hint: expect.stringContaining("--time-zone") });
    expect((await read(`${call}\n${local}\n`, plan)).refused).toEqual(["2 time_zone_missing"]);
    const { texts } = await read(local, planFor(null, "ndjson", { time_zone: "Europe/London" }));
    expect(texts).toEqual([local.replace('"timestamp": "2025-07-01 12:00:00"', '"timestamp": "2025-07-01T11:00:00Z"')]);
  });

  test("are refused line by line for what no server would take", async () => {
    const lines = ["nonsense", "[]", '{"type":"telegram"}', '{"type":"track","userId":"u","timestamp":"2025-01-01T00:00Z"}', '{"type":"identify","traits":{"a":1}}', '{"type":"page","userId":"u"}', '{"type":"track","event":"A","timestamp":"soon"}'];
    expect((await read(lines.join("\n"), plan)).refused).toEqual([
      "1 invalid_json", "2 invalid_json", "3 unknown_type", "4 missing_event_name", "5 no_identifier", "6 missing_timestamp", "7 not_a_time",
    ]);
  });

  test("survive JSON that is nested a hundred thousand deep", async () => {
    const deep = `{"type":"identify","userId":"u","traits":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    await read(`${deep}\n${call}\n`, plan);
    const mapped = planFor({ ...base, format: "ndjson", properties: { a: { column: "traits.a", type: "json" } } }, "ndjson");
    expect((await read(`${deep}\n`, mapped)).refused).toHaveLength(1);
  });

  test("may be CSV with columns named like a call's paths", async () => {
    const { events } = await read("userId,traits.email,traits.address.city\nu1,ada@example.com,London\n,bob@example.com,\n", planFor(null));
    expect(events).toEqual([
      { type: "identify", messageId: "import-1-2", userId: "u1", traits: { email: "ada@example.com", address: { city: "London" } } },
      { type: "identify", messageId: "import-1-3", traits: { email: "bob@example.com" } },
    ]);
    const typed = await read("type,event,anonymousId,timestamp,properties.price\ntrack,Seen,a,2025-01-01T00:00:00Z,1.50\nidentify,,a,,\nsing,,a,,\n", planFor(null));
    expect(typed.events.map((event) => [event.type, event.event])).toEqual([["track", "Seen"], ["identify", undefined]]);
    expect(typed.events[0].properties).toEqual({ price: "1.50" });
    expect(typed.refused).toEqual(["4 no_rule"]);
  });
});

const uploads = join(process.env["TRIBUTARY_SHARED_DATA"] ?? resolve(import.meta.dirname, "../../../../../shared/data"), "dittofeed_uploads");

describe.skipIf(!existsSync(uploads))(`uploads of customers as people make them (${existsSync(uploads) ? "there" : `skipped: no ${uploads}`})`, () => {
  const people = planFor({ version: 1, events: [{ type: "identify" }], user_id: "id", traits: { email: "email" }, other_columns: "traits" });
  const upload = (name: string): Buffer => readFileSync(join(uploads, name));

  test("good ones become people", async () => {
    const { events, counts } = await read(upload("users.csv"), people);
    expect(counts).toEqual({ lines: 5, events: 5, refused: 0, skipped: 0 });
    expect(events[0]).toMatchObject({ type: "identify", userId: "d1bdf186-7dd9-485e-9f93-6e0e3f3e6b8a", traits: { email: "johndoe@example.com", firstName: "John", phone: "1234567890" } });
  });

  test("lines that name nobody are refused one by one", async () => {
    const { refused, counts } = await read(upload("missing-some-identifiers.csv"), people);
    expect(refused).toEqual(["2 no_identifier"]);
    expect(counts).toMatchObject({ lines: 5, events: 4 });
  });

  test.each(["missing-headers-users.csv", "missing-identifiers.csv", "missing-email-users.csv"])("%s, without the columns, is refused whole and says which are missing", async (name) => {
    await expect(read(upload(name), people)).rejects.toMatchObject({ code: "bad_request", message: expect.stringMatching(/has no column (id, email|id|email)/) });
  });

  test("none is taken for Segment-shaped", async () => {
    for (const name of ["users.csv", "missing-headers-users.csv", "subscription-group-actions.csv"]) {
      await expect(read(upload(name), planFor(null))).rejects.toMatchObject({ hint: expect.stringContaining("--mapping") });
    }
  });
});
