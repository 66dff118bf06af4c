// Definitions as they stand in Postgres. Each was checked when it was saved; reading it puts in what the grammar has got since. Whoever
// lists audiences reads all of them each time, so what a text says is kept for the next time.
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";

const KEPT_MAX = 5_000;
const kept = new Map<string, Definition>();

export function storedDefinition(text: string): Definition {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const read = definition.parse(JSON.parse(text));
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(text, read);
  return read;
}
