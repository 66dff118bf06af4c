// Adds a condition in one pick: everything that arrives, by how often it does, and the other kinds below it.
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { kindOfField, newEvent, newTrait } from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import { eventOfPick, ROLE, useEventGroups } from "./event-groups.ts";
import { useTraits } from "./fields.ts";
import { useAudienceGroups } from "./other-editors.tsx";
import { Picker, type PickerGroup } from "./picker.tsx";

const t = texts.audiences;

/** What each kind that is chosen by its name begins with. */
const others: Readonly<Record<string, () => Leaf>> = {
  sequence: () => ({ kind: "sequence", steps: [{ event: "" }, { event: "" }] }),
  computed: () => ({ kind: "computed", trait: "", op: "at_least", value: 1 }),
  identifier: () => ({ kind: "identifier", namespace: "email", is: "known" }),
  consent: () => ({ kind: "consent", category: "", is: "granted" }),
  list: () => ({ kind: "list", list: "" }),
  share: () => ({ kind: "share", salt: "share", from: 0, to: 10 }),
  account: () => ({ kind: "account", people: "any", who: { all: [] } }),
  first_of: () => ({ kind: "first_of", audiences: [], is: "" }),
};

export function AddCondition({ onAdd, opensAtOnce = false, label = t.add.label, variant = "add" }: { readonly onAdd: (leaf: Leaf) => void; readonly opensAtOnce?: boolean; readonly label?: string; readonly variant?: "add" | "button" }): ReactNode {
  const events = useEventGroups();
  const traits = useTraits();
  const audiences = useAudienceGroups();
  const prefixed = (groups: readonly PickerGroup[] | undefined, prefix: string): readonly PickerGroup[] => (groups ?? []).map(({ title, options }) => ({ title, options: options.map((one) => ({ ...one, value: `${prefix} ${one.value}` })) }));
  const kinds: Readonly<Record<string, string>> = t.add.kinds;
  const groups = events && [
    ...prefixed(events.slice(0, 1), "event"),
    { title: t.add.traits, options: (traits ?? []).map(({ path, count }) => ({ value: `trait ${path}`, label: path, count })) },
    { title: t.add.more, options: Object.keys(others).map((kind) => ({ value: `kind ${kind}`, label: kinds[kind] ?? kind })) },
    ...prefixed(events.slice(1), "event"),
    ...prefixed(audiences, "audience"),
  ];
  const pick = (value: string): void => {
    const at = value.indexOf(" ");
    const [kind, name] = at < 0 ? ["", value] : [value.slice(0, at), value.slice(at + 1)];
    const made = kind === "kind" ? others[name]?.() : undefined;
    if (made) return onAdd(made);
    if (kind === "trait") return onAdd(newTrait(name, kindOfField(traits?.find(({ path }) => path === name))));
    if (kind === "audience") return onAdd({ kind: "audience", audience: name });
    onAdd(newEvent(kind === "event" || name.startsWith(ROLE) ? eventOfPick(name) : value));
  };
  return <Picker label={label} variant={variant} placeholder={t.add.search} groups={groups} onPick={pick} other={t.picker.useEvent} opensAtOnce={opensAtOnce} leavesFocus>{label}</Picker>;
}
