import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { map, mapWorkMax, payloadLengthMax } from "./map.ts";
import { mappingLimits, type Mapping, type MappingValue } from "./mapping.ts";

const event = {
  messageId: "m-1", type: "track", event: "Order Completed", userId: "u-1", timestamp: "2026-05-01T10:00:00.000Z",
  properties: {
    total: 120.5, currency: "EUR", coupon: "", gift: false, count: 0, note: null, sku: "AB-12_34",
    items: [{ id: "a", price: 10, tags: ["x", "y"] }, { id: "b", price: 20 }],
    "with space": 1, "a.b": 2, address: { city: "Köln", geo: { lat: 1 } }, encoded: '{"a":[1]}',
  },
  context: { traits: { email: "Ann@example.com" } },
} as const;

const made = (value: MappingValue, of: object = event): unknown => {
  const mapped = map({ field: value }, of);
  if (!mapped.isGood) throw new Error(mapped.problem);
  return mapped.payload["field"];
};
const problemOf = (value: MappingValue, of: object = event): string => {
  const mapped = map({ field: value }, of);
  if (mapped.isGood) throw new Error("it is good");
  expect(mapped.field).toBe("field");
  return mapped.problem;
};

const cases: readonly (readonly [string, MappingValue, unknown])[] = [
  ["a value is itself", 42, 42],
  ["null stays", null, null],
  ["values within lists and objects are made, too", { a: [{ "@path": "$.userId" }, 1] }, { a: ["u-1", 1] }],
  ["what is missing is no key", { a: { "@path": "$.nothing" }, b: 1 }, { b: 1 }],
  ["a path", { "@path": "$.properties.total" }, 120.5],
  ["a path without its root", { "@path": "properties.total" }, 120.5],
  ["a path into a list", { "@path": "$.properties.items[1].id" }, "b"],
  ["a path into a list by a name", { "@path": "$.properties.items.0.id" }, "a"],
  ["a quoted name", { "@path": "$.properties['with space']" }, 1],
  ["the length of a list", { "@path": "$.properties.items.length" }, 2],
  ["nothing within text", { "@path": "$.userId.length" }, undefined],
  ["nothing within null", { "@path": "$.properties.note.x" }, undefined],
  ["nothing of the prototype", { "@path": "$.constructor.name" }, undefined],
  ["nothing of a list's prototype", { "@path": "$.properties.items.map" }, undefined],
  ["a template", { "@template": "{{userId}}: {{ properties.total }} {{{properties.currency}}}" }, "u-1: 120.5 EUR"],
  ["what a template misses is nothing", { "@template": "<{{nope}}>" }, "<>"],
  ["false and 0 are written", { "@template": "{{properties.gift}} {{properties.count}}" }, "false 0"],
  ["an object in a template is JSON", { "@template": "{{properties.address.geo}} {{properties.items.0.tags}}" }, '{"lat":1} x,y'],
  ["braces that are no placeholder", { "@template": "{{}} {a} {{b} }} {{{}}" }, "{{}} {a} {{b} }} "],
  ["if something exists", { "@if": { exists: { "@path": "$.userId" }, then: "yes", else: "no" } }, "yes"],
  ["if null", { "@if": { exists: { "@path": "$.properties.note" }, then: "yes", else: "no" } }, "no"],
  ["if not, and no else", { "@if": { exists: { "@path": "$.nope" }, then: "yes" } }, undefined],
  ["an empty text exists", { "@if": { exists: { "@path": "$.properties.coupon" }, then: "yes", else: "no" } }, "yes"],
  ["an empty text is blank", { "@if": { blank: { "@path": "$.properties.coupon" }, then: "filled", else: "blank" } }, "blank"],
  ["a text is not blank", { "@if": { blank: { "@path": "$.userId" }, then: "filled", else: "blank" } }, "filled"],
  ["else may be 0", { "@if": { exists: { "@path": "$.nope" }, then: 1, else: 0 } }, 0],
  ["else may be false", { "@if": { exists: { "@path": "$.nope" }, then: 1, else: false } }, false],
  ["else may be an empty text", { "@if": { exists: { "@path": "$.nope" }, then: 1, else: "" } }, ""],
  ["each entry of a list", { "@arrayPath": ["$.properties.items", { sku: { "@path": "$.id" }, fixed: true }] }, [{ sku: "a", fixed: true }, { sku: "b", fixed: true }]],
  ["each entry by a directive", { "@arrayPath": ["$.properties.items", { "@path": "price" }] }, [10, 20]],
  ["a list as it is", { "@arrayPath": ["$.properties.items.0.tags"] }, ["x", "y"]],
  ["one object is a list of one", { "@arrayPath": ["$.properties.address", { city: { "@path": "city" } }] }, [{ city: "Köln" }]],
  ["no list, nothing", { "@arrayPath": ["$.nope", { a: 1 }] }, undefined],
  ["lower", { "@case": { operator: "lower", value: { "@path": "$.context.traits.email" } } }, "ann@example.com"],
  ["upper", { "@case": { operator: "upper", value: "straße" } }, "STRASSE"],
  ["the case of a number", { "@case": { operator: "upper", value: { "@path": "$.properties.total" } } }, 120.5],
  ["replace everywhere", { "@replace": { pattern: "-", replacement: "", value: "1-2-3" } }, "123"],
  ["replace once", { "@replace": { pattern: "-", replacement: "", global: false, value: "1-2-3" } }, "12-3"],
  ["replace whatever the case", { "@replace": { pattern: "A", replacement: "x", ignorecase: true, value: "aA" } }, "xx"],
  ["replace two things", { "@replace": { pattern: "-", replacement: "", pattern2: "_", replacement2: "+", value: { "@path": "$.properties.sku" } } }, "AB12+34"],
  ["patterns are text", { "@replace": { pattern: ".", replacement: "$&", value: "a.b" } }, "a$&b"],
  ["replace within a number", { "@replace": { pattern: ".", replacement: ",", value: { "@path": "$.properties.total" } } }, "120,5"],
  ["the right one wins", { "@merge": { direction: "right", objects: [{ a: 1, b: 1 }, { "@path": "$.properties.address.geo" }, { b: 2 }] } }, { a: 1, b: 2, lat: 1 }],
  ["the left one wins", { "@merge": { direction: "left", objects: [{ a: 1, b: 1 }, { b: 2, c: 3 }] } }, { a: 1, b: 1, c: 3 }],
  ["what is missing merges nothing", { "@merge": { direction: "right", objects: [{ a: 1 }, { "@path": "$.nope" }] } }, { a: 1 }],
  ["one mapping after another", { "@transform": { apply: { mail: { "@case": { operator: "lower", value: { "@path": "$.context.traits.email" } } } }, mapping: { to: { "@path": "$.mail" } } } }, { to: "ann@example.com" }],
  ["flat", { "@flatten": { separator: ".", value: { "@path": "$.properties.address" } } }, { city: "Köln", "geo.lat": 1 }],
  ["flat lists", { "@flatten": { separator: "_", value: { a: [1, { b: 2 }] } } }, { a_0: 1, a_1_b: 2 }],
  ["lists left alone", { "@flatten": { separator: "_", omitArrays: true, value: { a: [1, 2], c: { d: 3 } } } }, { a: [1, 2], c_d: 3 }],
  ["JSON out", { "@json": { mode: "encode", value: { "@path": "$.properties.address" } } }, '{"city":"Köln","geo":{"lat":1}}'],
  ["JSON in", { "@json": { mode: "decode", value: { "@path": "$.properties.encoded" } } }, { a: [1] }],
  ["no JSON stays text", { "@json": { mode: "decode", value: "n/a" } }, "n/a"],
  ["a literal", { "@literal": "{{userId}}" }, "{{userId}}"],
  ["nulls go", { "@excludeWhenNull": { a: null, b: { c: null, d: { "@path": "$.userId" } }, e: [null] } }, { b: { d: "u-1" }, e: [null] }],
  ["null goes", { "@excludeWhenNull": { "@path": "$.properties.note" } }, undefined],
  ["what an editor keeps beside", { "@path": "$.userId", _metadata: { label: "User" } }, "u-1"],
];

describe("a mapping", () => {
  test.each(cases)("%s", (_title, value, expected) => {
    expect(made(value)).toEqual(expected);
  });

  test("may stand within one directive as a whole", () => {
    const mapped = map({ __segment_internal_directive: { "@transform": { apply: { id: { "@path": "$.userId" } } } }, who: { "@path": "$.id" } }, event);
    expect(mapped).toEqual({ isGood: true, payload: { who: "u-1" } });
  });

  test("leaves alone what it is given", () => {
    const mapping = { a: { "@replace": { pattern: "-", value: "1-2" } }, b: { "@merge": { direction: "left", objects: [{ a: 1 }, { a: 2 }] } } };
    const before = structuredClone({ mapping, event });
    map(mapping, event);
    expect({ mapping, event }).toEqual(before);
  });

  test("makes nothing with a prototype of its choosing", () => {
    const hostile = JSON.parse('{"properties":{"__proto__":{"isAdmin":true},"x":1}}') as object;
    const merged = made({ "@merge": { direction: "right", objects: [{ "@path": "$.properties" }] } }, hostile) as Record<string, unknown>;
    expect(merged).toEqual({ x: 1 });
    expect(merged["isAdmin"]).toBeUndefined();
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    const flat = made({ "@flatten": { separator: "_", value: { "@path": "$.properties" } } }, hostile) as Record<string, unknown>;
    expect(Object.keys(flat)).toEqual(["__proto___isAdmin", "x"]);
    const own = map(JSON.parse('{"__proto__":{"polluted":true},"field":1}') as Mapping, event);
    expect(own).toEqual({ isGood: true, payload: { field: 1 } });
  });

  test("never reads what a placeholder stood for as template again", () => {
    const hostile = { a: "{{secret}}", b: "{{{secret}}}", secret: "s3cret" };
    expect(made({ "@template": "{{{a}}} {{b}}" }, hostile)).toBe("{{secret}} {{{secret}}}");
  });
});

const mistakes: readonly (readonly [MappingValue, RegExp])[] = [
  [{ "@nope": 1 }, /There is no directive @nope/], [{ "@liquid": "x" }, /There is no directive/], [{ "@constructor": 1 }, /There is no directive/],
  [{ "@path": "$.a", b: 1 }, /stands alone/], [{ "@path": "$.a", "@literal": 1 }, /stands alone/], [{ "@path": 1 }, /as text/],
  [{ "@template": { "@path": "$.userId" } }, /as text/], [{ "@template": "x".repeat(mappingLimits.templateMax + 1) }, /at most 2,000/],
  [{ "@if": { then: 1 } }, /exists or is blank/], [{ "@if": [] }, /takes an object/], [{ "@arrayPath": "$.a" }, /takes a list/],
  [{ "@case": { operator: "title", value: "a" } }, /lower or upper/], [{ "@replace": { value: "a" } }, /needs a pattern/],
  [{ "@replace": { pattern: "12345678901", value: "a" } }, /at most 10/], [{ "@merge": { objects: [] } }, /left or right/],
  [{ "@transform": { mapping: {} } }, /applies an object/], [{ "@flatten": { value: {} } }, /separator/], [{ "@json": { value: 1, mode: "yaml" } }, /encodes or decodes/],
];

describe("a mapping that can't be", () => {
  test.each(mistakes)("%# is told as a problem", (value, problem) => {
    expect(problemOf(value)).toMatch(problem);
  });

  test("ends at a limit and not in the machine's memory", () => {
    const nested = (depth: number, inner: MappingValue): MappingValue => (depth === 0 ? inner : { a: nested(depth - 1, inner) });
    expect(problemOf(nested(mappingLimits.depthMax + 1, 1))).toMatch(/nested deeper/);
    // Each level holds the one before twice.
    const doubled = (depth: number): MappingValue => (depth === 0 ? { "@path": "$.userId" }
      : { "@transform": { apply: { x: doubled(depth - 1) }, mapping: { a: { "@path": "$.x" }, b: { "@path": "$.x" } } } });
    const wide = "x".repeat(30_000);
    expect(problemOf(Array.from({ length: 100 }, () => ({ "@path": "$.wide" })), { wide })).toMatch(/larger than/);
    expect(() => made(doubled(9))).not.toThrow();
    const encodedAgain = (depth: number): MappingValue => (depth === 0 ? { "@path": "$.wide" } : { "@json": { mode: "encode", value: encodedAgain(depth - 1) } });
    expect(problemOf(encodedAgain(9), { wide: '"'.repeat(30_000) })).toMatch(/larger than|too much/);
    const grown: MappingValue = { "@replace": { pattern: "x", replacement: "xxxxxxxxxx", pattern2: "x", replacement2: "xxxxxxxxxx", value: { "@path": "$.wide" } } };
    expect(problemOf(grown, { wide: wide.repeat(2) })).toMatch(/too much|larger than/);
    expect(mapWorkMax).toBeGreaterThan(payloadLengthMax);
  });

  test("is one over an event that is nested without end", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level++) deep = { deep };
    for (const value of [{ "@path": "$.deep" }, { "@flatten": { separator: ".", value: { "@path": "$.deep" } } }, { "@excludeWhenNull": { "@path": "$.deep" } }, { "@json": { mode: "encode", value: { "@path": "$.deep" } } }, { "@template": "{{deep}}" }]) {
      expect(problemOf(value, { deep })).toMatch(/nested deeper|too much/);
    }
  });
});

const anyMapping = fc.letrec<{ value: MappingValue; directive: MappingValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, depthIdentifier: "m" }, fc.constantFrom(1, "", "text", null, true), tie("directive"), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), tie("value"), { maxKeys: 3 })),
  directive: fc.oneof({ maxDepth: 4, depthIdentifier: "m" },
    fc.constantFrom("$.a", "b.c[0]", "$.", "$.a.length", "__proto__.x").map((path) => ({ "@path": path })),
    fc.constantFrom("{{a}}", "{{{b}}} x", "{{{{", "{{ a.b }}").map((template) => ({ "@template": template })),
    fc.record({ value: tie("value"), operator: fc.constantFrom("lower", "upper", "x") }).map((options) => ({ "@case": options })),
    fc.record({ exists: tie("value"), then: tie("value"), else: tie("value") }).map((options) => ({ "@if": options })),
    fc.record({ mode: fc.constantFrom("encode", "decode"), value: tie("value") }).map((options) => ({ "@json": options })),
    fc.record({ separator: fc.constant("."), value: tie("value") }).map((options) => ({ "@flatten": options })),
    fc.record({ direction: fc.constantFrom("left", "right"), objects: fc.array(tie("value"), { maxLength: 3 }) }).map((options) => ({ "@merge": options })),
    tie("value").map((value) => ({ "@excludeWhenNull": value })),
    fc.tuple(fc.constantFrom("$.a", "b"), tie("value")).map((options) => ({ "@arrayPath": options })),
  ),
}));

test("whatever the mapping and the event, the answer is a payload or a problem; the same each time; and nothing is changed", () => {
  fc.assert(fc.property(fc.dictionary(fc.constantFrom("x", "y", "__proto__"), anyMapping.value, { noNullPrototype: true }), fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.jsonValue(), { noNullPrototype: true }), (mapping, of) => {
    const before = JSON.stringify([mapping, of]);
    const one = map(mapping, of);
    expect(map(mapping, of)).toEqual(one);
    expect(JSON.stringify([mapping, of])).toBe(before);
    if (one.isGood) expect(Object.getPrototypeOf(one.payload)).toBe(Object.prototype);
    else expect(one.problem).not.toBe("");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  }), { numRuns: 500 });
});

test("text without directives comes out as it went in, whatever it holds", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    expect(made({ "@path": "$.a" }, { a: text })).toBe(text);
    expect(made({ "@template": "{{a}}" }, { a: text })).toBe(text);
    expect(made({ "@template": "<{{{a}}}>" }, { a: text })).toBe(`<${text}>`);
  }), { numRuns: 100 });
});
