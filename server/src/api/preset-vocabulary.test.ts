import { expect, test } from "vitest";
import { emptyVocabulary, resolveVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { map } from "@tributary/schema/destination/map.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import type { Preset } from "@tributary/schema/destination/definition.ts";
import { inOwnWords } from "./preset-vocabulary.ts";

const preset: Preset = {
  key: "refunds", name: "Refunds", action: "a", trigger: "events", role: "refund", filter: { types: ["track"], names: ["Order Refunded"] },
  mapping: { id: { "@path": "$.properties.order_id" }, sum: { of: { "@path": "$.properties.total" } }, at: { "@path": "$.timestamp" }, worth: { "@path": "$.context.traits.lifetime_value" }, fixed: "$.properties.order_id" },
};

test("a preset for refunds asks for the events that the workspace calls so, where it says what they hold", () => {
  const inForce = resolveVocabulary({ ...emptyVocabulary, roles: { refund: { events: ["Storno", "Retoure"], properties: { order_id: ["beleg.nummer", "order"], value: ["summe"] } } } }, []);
  const own = inOwnWords(preset, inForce);
  expect(own.filter).toEqual({ types: ["track"], names: ["Storno", "Retoure"] });
  const event = (properties: object) => ({ timestamp: "t", properties, context: { traits: { lifetime_value: 9 } } });
  const mapped = (properties: object) => map(own.mapping as Mapping, event(properties)); // As the preset, which is one.
  expect(mapped({ beleg: { nummer: "B-1" }, order: "no", summe: 5, order_id: "no" })).toEqual({ isGood: true, payload: { id: "B-1", sum: { of: 5 }, at: "t", worth: 9, fixed: "$.properties.order_id" } });
  expect(mapped({ order: "o-2" })).toMatchObject({ payload: { id: "o-2" } });
});

test("a workspace that has no such events is shown the names that everybody uses", () => {
  const none = resolveVocabulary(emptyVocabulary, []);
  expect(inOwnWords(preset, none).filter).toEqual(preset.filter);
  const { role: _role, ...plain } = preset;
  expect(inOwnWords(plain, resolveVocabulary({ ...emptyVocabulary, roles: { refund: { events: ["X"] } } }, []))).toEqual(plain);
});
