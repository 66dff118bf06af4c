import fc from "fast-check";
import { expect, test } from "vitest";
import { modelDefinition, type ModelDefinition } from "@tributary/schema/model.ts";
import { definitionOf, formOf } from "./model-form.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/);
const columns = fc.oneof(fc.constant("*" as const), fc.dictionary(name, name, { maxKeys: 3 }));
const shared = { source: name, historical: fc.boolean(), timestamp: fc.option(name, { nil: undefined }), userId: fc.option(name, { nil: undefined }), anonymousId: fc.option(name, { nil: undefined }) };
const feeds = fc.oneof(
  fc.record({ call: fc.constant("identify" as const), ...shared, traits: columns }), fc.record({ call: fc.constant("group" as const), ...shared, groupId: name, traits: columns }),
  fc.record({ call: fc.constant("track" as const), ...shared, properties: columns, event: fc.oneof(fc.record({ name }), fc.record({ column: name })) }),
);
const definition = fc.record({
  warehouse: fc.option(name, { nil: null }),
  query: fc.oneof(fc.record({ kind: fc.constant("sql" as const), sql: name }), fc.record({ kind: fc.constant("files" as const), files: name, format: fc.option(fc.constantFrom("csv" as const, "parquet" as const), { nil: undefined }), columns: fc.option(fc.array(name, { minLength: 1, maxLength: 3 }), { nil: undefined }) })),
  key: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), person: fc.option(fc.record({ column: name, namespace: name }), { nil: undefined }),
  schedule: fc.option(fc.oneof(fc.record({ cron: fc.constant("5 4 * * 1"), zone: fc.constantFrom("UTC", "Europe/Berlin") }), fc.record({ everyMinutes: fc.integer({ min: 1, max: 999 }) }), fc.record({ afterImport: name })), { nil: undefined }),
  feeds: fc.option(feeds, { nil: undefined }), stopShare: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
});

test("a definition that is read into the form and written back is the same", () => {
  fc.assert(fc.property(definition, (given) => {
    const before: ModelDefinition = modelDefinition.parse(JSON.parse(JSON.stringify(given)));
    expect(modelDefinition.parse(JSON.parse(JSON.stringify(definitionOf(formOf({ name: "x", definition: before }, "UTC"), before.query.kind, before))))).toEqual(before);
  }));
});
