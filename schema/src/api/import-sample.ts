// The first lines of a file, read with a mapping as an import would read them: what its columns hold, what they may be,
// and the calls that come of it.
import { z } from "zod";
import { importError, importFormat, importMapping, importReading } from "../import.ts";

export const SAMPLE_CHARACTERS_MAX = 400_000;

export const importSampleBody = z.strictObject({
  text: z.string().min(1).max(SAMPLE_CHARACTERS_MAX).meta({ description: "The beginning of the file. Its last line is left out unless `whole`." }),
  whole: z.boolean().default(false).meta({ description: "This is all of the file." }),
  name: z.string().max(512).default("").meta({ description: "The file's name; what it ends in says the format." }),
  mapping: importMapping.optional(),
  yaml: z.string().max(200_000).optional().meta({ description: "A mapping as text, in place of `mapping`." }),
  ...importReading.shape,
});

export const columnGuess = z.strictObject({
  to: z.enum(["user_id", "anonymous_id", "timestamp", "message_id", "event", "trait", "property", "none"]),
  path: z.string().meta({ description: "Of a trait or property: its name." }),
  type: z.enum(["text", "number", "boolean", "time"]),
  time_format: z.string().nullable(),
  replace: z.record(z.string(), z.string()).nullable().meta({ description: "Texts put in place of others first, such as yes for ja." }),
  known: z.boolean().meta({ description: "By its name; otherwise it keeps its own name." }),
});
export type ColumnGuess = z.infer<typeof columnGuess>;

export const sampleColumn = z.strictObject({ name: z.string(), samples: z.array(z.string()), filled: z.int(), guess: columnGuess });
export type SampleColumn = z.infer<typeof sampleColumn>;

export const importSampleAnswer = z
  .strictObject({
    guess: z.strictObject({
      format: importFormat,
      delimiter: z.string(),
      decimal_mark: z.enum([".", ","]).nullable().meta({ description: "Null when no number tells." }),
      thousands_mark: z.string().nullable(),
      needs_zone: z.boolean().meta({ description: "There are times that name no zone." }),
      kind: z.enum(["people", "events", "calls"]).meta({ description: "`calls`: Segment-shaped already, no mapping is needed." }),
      event_name: z.string(),
    }),
    columns: z.array(sampleColumn),
    mapping: importMapping.nullable().meta({ description: "The one that was given, else the one that is proposed; null when none is needed." }),
    yaml: z.string().meta({ description: "The same as text." }),
    problem: z.strictObject({ message: z.string(), hint: z.string() }).nullable().meta({ description: "What keeps the mapping as a whole from being used." }),
    lines: z.int(),
    events: z.array(z.unknown()).meta({ description: "The calls that come of these lines." }),
    refused: z.array(importError),
    columns_not_used: z.array(z.string()),
  })
  .meta({ id: "ImportSample" });
export type ImportSample = z.infer<typeof importSampleAnswer>;

export const withdrawBody = z.strictObject({ dry_run: z.boolean().optional().meta({ description: "Only say what it would touch." }) });

export const withdrawPreview = z.strictObject({
  dry_run: z.literal(true),
  events: z.int().meta({ description: "Stored events that would be set aside." }),
  people: z.int().meta({ description: "People who would be folded again without them." }),
  gone: z.int().meta({ description: "Of these, people of whom nothing else is known, who would be gone." }),
  complete: z.boolean().meta({ description: "False: there are more people than were counted." }),
});
export type WithdrawPreview = z.infer<typeof withdrawPreview>;
