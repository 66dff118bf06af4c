// Conditions inside the conditions of a kind. condition.ts, which knows every kind, says what may stand there, so that no kind has to
// import what imports it.
import { z } from "zod";
import type { Condition } from "./condition.ts";

let known: z.ZodType<Condition> | undefined;

export function nestedConditionsAre(schema: z.ZodType<Condition>): void {
  known = schema;
}

export const nestedCondition: z.ZodType<Condition> = z.lazy(() => {
  if (known === undefined) throw new Error("condition.ts must be imported before a condition is parsed.");
  return known;
});
