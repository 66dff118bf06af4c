// How an event becomes what a destination takes. A mapping is an object: field of the action → a literal value, or a directive,
// written as Segment writes them (`{ "@path": "$.properties.total" }`), so that a mapping copied from there works here. The
// directives and their meaning: `map` in map.ts.
import { z } from "zod";

export const mappingLimits = { bytesMax: 64_000, depthMax: 20, templateMax: 2_000, valuesMax: 2_000 } as const;

/** Any JSON; objects with one key that begins with "@" are directives. */
export type MappingValue = string | number | boolean | null | readonly MappingValue[] | { readonly [key: string]: MappingValue };
export type Mapping = Readonly<Record<string, MappingValue>>;

export const mappingValue: z.ZodType<MappingValue> = z.json() as z.ZodType<MappingValue>;
export const mapping: z.ZodType<Mapping> = z.record(z.string().min(1).max(200), mappingValue);
