// One hidden value, shown to somebody who says why.
import { z } from "zod";
import { guid, rowIdNumber } from "./answer-parts.ts";

const reason = z.string().trim().min(8).max(500).meta({
  description: "Why it is needed, in words that somebody else will understand; kept in the audit log. Name no personal data in it.",
});

const path = z.string().min(1).max(2_000);

export const revealBody = z.strictObject({
  field: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("trait"), name: path.meta({ description: "A trait's name; of something within it, joined by dots." }) }),
    z.strictObject({ kind: z.literal("identifier"), key: guid.meta({ description: "As `include=provenance` and the identity graph tell it." }) }),
  ]),
  reason,
});

/** What of a person is to be shown. */
export type RevealField = z.infer<typeof revealBody>["field"];

export const revealEventBody = z.strictObject({
  row_id: rowIdNumber.meta({ description: "Which of the events under this message id." }),
  path: path.meta({ description: "Where it stands in the payload, names joined by dots: `context.ip`, `properties.note`." }),
  reason,
});

export const revealAnswer = z.strictObject({ value: z.unknown() }).meta({ id: "Revealed" });
export type RevealAnswer = z.infer<typeof revealAnswer>;
