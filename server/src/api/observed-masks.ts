// How what arrives looks to callers without the scope `personal_data`: counts and names are shown; examples only of fields that
// are decided, or known, to be about nobody.
import { maskKindOf, maskTree } from "../governance/governance.ts";
import { fields, hide, keep, listOf, only, pageOf, within, type Mask } from "./answer-masks.ts";

/** Not personal, but for somebody's address that a sender put into it. */
const open: Mask = (value) => maskTree(value, () => undefined);

const event: Mask = fields({
  type: keep, event: within, count: keep, first_at: keep, last_at: keep, days: keep, drift: keep, fields: keep, undecided: keep, fields_new: keep, fields_silent: keep,
});

const field: Mask = (value, masking) => {
  const told: Readonly<Record<string, unknown>> = typeof value === "object" && value !== null ? { ...value } : {};
  const isHidden = told["personal"] !== false;
  const path = typeof told["path"] === "string" ? told["path"] : "";
  const examples: Mask = (list) => {
    const shown = only(maskKindOf(path))(list, masking);
    return Array.isArray(shown) ? [...new Set(shown)] : hide(list, masking);
  };
  return fields({
    place: keep, event: within, path: within, count: keep, share: keep, types: keep, first_at: keep, last_at: keep, examples: isHidden ? examples : open,
    examples_masked: () => isHidden, personal: keep, decided_by: keep, kind: keep, description: keep, owner: keep, proposal: keep, drift: keep,
  })(value, masking);
};

export const observedEventsMask = fields({ data: listOf(event), summary: keep });
export const observedEventMask = fields({ event: within, calls: listOf(event), fields: listOf(field) });
export const observedTraitsMask = fields({ data: listOf(field) });
export const observedFieldsMask = pageOf(field);
