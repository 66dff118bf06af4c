// What a kind of warehouse is: what it reads, and the settings it asks for, in the shape that destinations have, so that forms and checks
// are made once.
import { z } from "zod";
import { field } from "../destination/definition.ts";

export const warehouseDefinition = z.strictObject({
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  /** `sql`: takes a statement. `files`: takes names of files. */
  reads: z.enum(["sql", "files"]),
  /** What is known to be particular about it, in words for people. */
  notes: z.array(z.string()).default([]),
  /** What it was tried against: a server of this kind, or one that answers as its documentation says. */
  proof: z.enum(["server", "documentation"]),
  settings: z.array(field),
});
export type WarehouseDefinition = z.infer<typeof warehouseDefinition>;
