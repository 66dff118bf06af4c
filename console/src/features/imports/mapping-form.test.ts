// The table and the mapping say the same, or the table is not offered.
import { expect, test } from "vitest";
import type { ImportMapping } from "@tributary/schema/import.ts";
import { formOf, mappingOf } from "./mapping-form.ts";

const people: ImportMapping = {
  version: 1, format: "csv", csv: { delimiter: ";" }, thousands_mark: ".", events: [{ type: "identify" }], user_id: "Nr",
  traits: { email: "Mail", "address.city": "Ort", since: { column: "Seit", type: "time", time_format: "d.M.yyyy" }, newsletter: { column: "Post", type: "boolean", replace: { ja: "yes" } } },
};
const orders: ImportMapping = {
  version: 1, format: "csv", events: [{ type: "track", name: "Order Completed" }], message_id: { prefix: "order-", columns: ["Number"] }, timestamp: { column: "At", type: "time" },
  properties: { order_id: "Number", total: { column: "Total", type: "number" } }, traits: { email: "Email" },
};

test.each([["people", people, ["Nr", "Mail", "Ort", "Seit", "Post", "Other"]], ["orders", orders, ["Number", "At", "Total", "Email"]]] as const)("%s go into the table and back unchanged", (_, mapping, columns) => {
  const form = formOf(mapping, columns);
  expect(form).toBeDefined();
  if (form) expect(mappingOf(form, "csv")).toEqual(mapping);
});

test("a column that is left out is left out", () => {
  const form = formOf(people, ["Nr", "Mail", "Ort", "Seit", "Post", "Other"]);
  expect(form?.rows.at(-1)).toMatchObject({ column: "Other", to: "none" });
});

test.each([
  ["groups", { ...orders, group_by: ["Number"] }], ["conditions", { ...orders, events: [{ name: "A", when: { column: "x", equals: "1" } }] }], ["several rules", { ...orders, events: [{ name: "A" }, { name: "B" }] }],
  ["constants", { ...people, traits: { country: { value: "DE" } } }], ["columns that the file has not", { ...people, user_id: "Missing" }], ["what must be there", { ...people, user_id: { column: "Nr", required: true } }],
] as const)("a mapping with %s has no table: it would lose them", (_, mapping) => {
  expect(formOf(mapping as unknown as ImportMapping, ["Nr", "Mail", "Ort", "Seit", "Post", "Number", "At", "Total", "Email"])).toBeUndefined();
});
