// One decision about one field, said in words and with a way back.
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { decisionOf, undoOf } from "./field-words.tsx";
import type { Decide } from "./use-decide.ts";

const t = texts.schema;

export function decideOne(decide: Decide, field: ObservedField, personal: boolean | null): void {
  const name = valueText(field.path, 60);
  const text = personal === null ? t.decided.undone(name) : personal ? t.decided.yes(name) : t.decided.no(name);
  decide([decisionOf(field, personal)], { text, undo: [undoOf(field)] });
}
