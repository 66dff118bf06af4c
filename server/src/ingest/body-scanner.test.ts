import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldOf, NotJson, scanBody, textOf, type Piece, type ScannedBody } from "./body-scanner.ts";

const wanted = new Set(["writeKey", "sentAt", "context", "messageId"]);
const scan = (text: string | Buffer, itemsMax = 10_000): ScannedBody => scanBody(Buffer.from(text as string), wanted, itemsMax);
const cut = (text: string | Buffer, piece: Piece | undefined): string | undefined =>
  piece && Buffer.from(text as string).toString("utf8", piece.start, piece.end);
const items = (text: string): (string | undefined)[] | undefined => scan(text).items?.map((item) => cut(text, item));

function accepts(text: string | Buffer): boolean {
  try {
    scan(text);
    return true;
  } catch (error) {
    if (error instanceof NotJson) return false;
    throw error;
  }
}

function parses(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8").replace(/^\uFEFF/, ""));
    return true;
  } catch {
    return false;
  }
}

/** How deep a value is, written as plainly as can be. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** JSON text of a value with white space wherever the grammar allows it, and with some characters escaped that need not be. */
function written(value: unknown, random: () => number): string {
  const gap = (): string => ["", "", " ", "\n\t", "\r\n  "][Math.floor(random() * 5)] ?? "";
  const quote = (text: string): string => {
    const plain = JSON.stringify(text);
    return random() < 0.3 ? plain.replace(/[a-z](?=[^\\]*$)/, (character) => `\\u00${character.charCodeAt(0).toString(16)}`) : plain;
  };
  const write = (part: unknown): string => {
    if (typeof part === "string") return quote(part);
    if (Array.isArray(part)) return `[${gap()}${part.map((entry) => gap() + write(entry) + gap()).join(",")}]`;
    if (typeof part === "object" && part !== null) {
      return `{${gap()}${Object.entries(part)
        .map(([name, entry]) => `${gap()}${quote(name)}${gap()}:${gap()}${write(entry)}${gap()}`)
        .join(",")}}`;
    }
    return JSON.stringify(part);
  };
  return gap() + write(value) + gap();
}

const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

describe("a scanned body", () => {
  test("is cut into pieces that parse to the same values as the whole, whatever the white space, escapes and depth", () => {
    const body = fc.record({
      batch: fc.array(fc.jsonValue()),
      context: fc.jsonValue(),
      sentAt: fc.string({ unit: "binary" }),
      more: fc.jsonValue(),
    });
    fc.assert(
      fc.property(body, fc.integer(), fc.boolean(), (value, seed, hasMark) => {
        const text = (hasMark ? "\uFEFF" : "") + written(value, seeded(seed));
        const scanned = scan(text);
        const whole = JSON.parse(text.replace(/^\uFEFF/, "")) as typeof value;
        expect(scanned.items?.map((item) => JSON.parse(cut(text, item) ?? "") as unknown)).toEqual(whole.batch);
        expect(scanned.items?.map((item) => item.depth)).toEqual(whole.batch.map(depthOf));
        expect(scanned.whole.depth).toBe(depthOf(whole));
        expect(JSON.parse(cut(text, scanned.fields.get("context")) ?? "")).toEqual(whole.context);
        expect(textOf(Buffer.from(text), scanned.fields.get("sentAt"))).toBe(whole.sentAt);
      }),
      { numRuns: 500 },
    );
  });

  test("is accepted exactly when JSON.parse accepts it: random edits of valid bodies, and random bytes", () => {
    const valid = fc.tuple(fc.jsonValue(), fc.integer()).map(([value, seed]) => Buffer.from(written(value, seeded(seed))));
    const edit = fc.record({
      at: fc.nat(),
      byte: fc.constantFrom(...Buffer.from('{}[]:,"\\u0e+-.1tfn \n\x00\xff', "latin1")),
      kind: fc.constantFrom("set", "cut", "insert"),
    });
    let refused = 0;
    fc.assert(
      fc.property(valid, fc.array(edit, { maxLength: 3 }), (bytes, edits) => {
        let edited = bytes;
        for (const { at, byte, kind } of edits) {
          const position = at % (edited.length + 1);
          const rest = kind === "insert" ? position : position + 1;
          edited = Buffer.concat([edited.subarray(0, position), Buffer.from(kind === "cut" ? [] : [byte]), edited.subarray(rest)]);
        }
        if (!parses(edited)) refused++;
        expect(accepts(edited)).toBe(parses(edited));
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(100);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(accepts(Buffer.from(bytes))).toBe(parses(Buffer.from(bytes)));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    "",
    " ",
    "{",
    "}",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "{,}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":1 "b":2}',
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "NaN",
    "Infinity",
    "tru",
    "nulll",
    "True",
    "'a'",
    '"',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12G4"',
    '"\n"',
    '"\u0000"',
    "{}{}",
    "[] 1",
    "\u00a0{}",
    "{}\u2028",
    "{a:1}",
    "[1 2]",
    '{"a":[}',
    "[{]}",
    "/**/{}",
    "1 ",
    "-0",
    "-0.0e-10",
    "1E400",
    '"\\ud800"',
    '"\u2028"',
    '{"":1}',
    "[[[]]]",
    '[{},"",null,true,false]',
    '"\u007f"',
  ])("and JSON.parse agree about %j", (text) => {
    expect(accepts(text)).toBe(parses(Buffer.from(text)));
  });

  test("keeps every byte of an event: numbers beyond 2^53, 1.0, duplicate keys, escapes and white space inside", () => {
    const events = [
      '{"n":9007199254740993, "f":1.0,"e":1e400}',
      '{ "a":1,"a":2 }',
      '{"s":"\\u0041\\/\\ud83d\\ude00 é"}',
      '{"__proto__":{"x":1}}',
    ];
    expect(items(`{"batch":[ ${events.join(" ,\n")} ]}`)).toEqual(events);
  });

  test("takes the last of two fields with one name, as JSON.parse does, also when they are spelled differently", () => {
    expect(items('{"batch":[1],"batch":[2,3]}')).toEqual(["2", "3"]);
    expect(items('{"batch":[1],"b\\u0061tch":[2]}')).toEqual(["2"]);
    expect(items('{"batch":[1],"batch":null}')).toBeUndefined();
    expect(textOf(Buffer.from('{"writeKey":"a","writeKey":"b"}'), scan('{"writeKey":"a","writeKey":"b"}').fields.get("writeKey"))).toBe(
      "b",
    );
  });

  test("takes fields at the top only, and elements of an array that is the body", () => {
    expect(scan('{"inner":{"writeKey":"x","batch":[1]},"batch":[{"batch":[2]}]}').fields.has("writeKey")).toBe(false);
    expect(items("[{},1]")).toEqual(["{}", "1"]);
    expect(items('{"a":[1]}')).toBeUndefined();
  });

  test("counts all elements and keeps as many as asked for", () => {
    const scanned = scan("[1,2,3,4]", 2);
    expect([scanned.itemCount, scanned.items?.length]).toEqual([4, 2]);
  });

  test("may hold broken UTF-8 inside texts, as the decoder's replacement characters would", () => {
    const bytes = Buffer.concat([Buffer.from('{"batch":["'), Buffer.from([0xff, 0xe2, 0x22]), Buffer.from("]}")]);
    expect(parses(bytes)).toBe(true);
    expect(scan(bytes).items).toHaveLength(1);
    expect(accepts(Buffer.from([0xff]))).toBe(false);
  });

  test("of ten million open brackets costs its own size in memory and no recursion", () => {
    const bracketed = Buffer.alloc(20_000_000, "[").fill("]", 10_000_000);
    expect(scanBody(bracketed, wanted, 10).items?.[0]?.depth).toBe(9_999_999);
    expect(accepts(Buffer.alloc(20_000_000, "["))).toBe(false);
    expect(accepts(Buffer.alloc(20_000_000, '{"a":'))).toBe(false);
  });

  test("names the first byte that does not belong", () => {
    expect(() => scan('{"a":x}')).toThrow(expect.objectContaining({ at: 5 }));
  });
});

describe("a field of a piece", () => {
  test("is found at the top of that piece only", () => {
    const bytes = Buffer.from('[{"p":{"writeKey":"inner"},"writeKey":"k1"},{"p":1},7]');
    const found = scanBody(bytes, wanted, 10).items?.map((item) => textOf(bytes, fieldOf(bytes, item, "writeKey")));
    expect(found).toEqual(["k1", undefined, undefined]);
  });

  test("reads as text when it is a text or a number, and not when it is long or anything else", () => {
    const read = (value: string): string | undefined => {
      const bytes = Buffer.from(`{"sentAt":${value}}`);
      return textOf(bytes, scanBody(bytes, wanted, 1).fields.get("sentAt"));
    };
    expect(read('"a\\u0062"')).toBe("ab");
    expect(read("12.50")).toBe("12.50");
    for (const value of ["null", "true", "{}", "[]", JSON.stringify("x".repeat(5_000))]) expect(read(value)).toBeUndefined();
  });
});
