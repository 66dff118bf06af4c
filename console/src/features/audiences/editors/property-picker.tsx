// Adds a filter in one go: choose a property, then one of its values; and on with the next property of the same thing. Properties whose
// values are numbers or dates are added as they are, to be filled in where they stand.
import { useState, type ReactNode } from "react";
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { texts } from "../../../texts/texts.ts";
import { kindOfField, listOf, newTest, type Test } from "../model/condition.ts";
import type { EventFields } from "./fields.ts";
import { Picker, type PickerGroup } from "./picker.tsx";
import { pickedValue, useValues } from "./value-editor.tsx";

const t = texts.audiences;
const contexts = ["page_path", "page_url", "page_referrer", "device_type", "os", "browser", "country", "locale", "timezone", "campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content", "library", "type"] as const;

export interface PropertyPickerProps {
  readonly fields: EventFields | undefined;
  readonly event: string;
  /** Only properties of the things of this list. */
  readonly within?: string;
  readonly label: string;
  readonly onAdd: (path: string, test: Test) => void;
}

export function PropertyPicker({ fields, event, within, label, onAdd }: PropertyPickerProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<string>();
  const field = fields?.fields.find(({ path }) => path === chosen);
  const isContext = chosen?.startsWith("context:") ?? false;
  const wish = chosen === undefined ? undefined : isContext ? { place: "context", event, path: chosen.slice(8) } as const : { place: "property", event, path: chosen } as const;
  const kind = kindOfField(field);
  const values = useValues(wish, isOpen && chosen !== undefined, search);
  // After a value of a product, the next question is about the same product.
  const [latest, setLatest] = useState<string>();
  const list = within ?? (latest === undefined ? undefined : listOf(latest, fields?.lists ?? []));
  const groups = chosen === undefined ? propertyGroups(fields, search, within, list) : values.groups && [...values.groups, { title: t.filters.otherwise, options: [{ value: OTHERWISE, label: t.filters.otherComparison }] }];
  const pick = (value: string): void => {
    if (chosen === undefined) return begin(value);
    onAdd(chosen, value === OTHERWISE ? { ...newTest(kind) } : { op: "equals", value: pickedValue(value, values.values, kind) });
    setLatest(chosen);
    setChosen(undefined);
  };
  const begin = (path: string): void => {
    const next = fields?.fields.find((one) => one.path === path);
    const nextKind = kindOfField(next);
    if (next === undefined || nextKind === "text" || nextKind === "list") return setChosen(path);
    onAdd(path, newTest(nextKind));
    setLatest(path);
  };
  const name = chosen === undefined ? "" : isContext ? (t.context[chosen.slice(8)] ?? chosen) : chosen;
  return (
    <Picker
      label={label} variant="add" staysOpen groups={groups} onSearch={setSearch} onPick={pick} onOpen={() => setIsOpen(true)} onClose={() => { setIsOpen(false); setChosen(undefined); setLatest(undefined); }}
      placeholder={chosen === undefined ? t.filters.searchProperty : t.filters.searchValue(name)} other={chosen === undefined ? t.filters.useProperty : t.value.use} isOtherFirst={chosen !== undefined}
      note={chosen === undefined ? undefined : values.note}
      head={chosen === undefined ? null : <button type="button" className="picker-back" onClick={() => setChosen(undefined)}>← <bdi className="mono">{name}</bdi></button>}
    >
      {label}
    </Picker>
  );
}

const OTHERWISE = "\u0000otherwise";

function propertyGroups(fields: EventFields | undefined, search: string, within: string | undefined, first: string | undefined): readonly PickerGroup[] | undefined {
  if (fields === undefined) return undefined;
  const words = search.trim().toLowerCase().split(/\s+/);
  const matches = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const option = (field: ObservedField, prefix: string): PickerGroup["options"][number] => ({ value: field.path, label: field.path.slice(prefix.length), count: field.count, note: hintOf(field) });
  const plain = fields.fields.filter(({ types }) => !types.some(({ type }) => type === "objects")).toSorted((a, b) => b.count - a.count);
  const listGroups = fields.lists.map((list) => ({ list, title: t.filters.ofItem(list), options: plain.filter(({ path }) => listOf(path, fields.lists) === list && matches(`${path} ${t.filters.ofItem(list)}`)).map((field) => option(field, `${list}.`)) }));
  if (within !== undefined) return listGroups.filter(({ list }) => list === within);
  const own = { list: "", title: t.filters.ofEvent, options: plain.filter(({ path }) => listOf(path, fields.lists) === undefined && matches(path)).map((field) => option(field, "")) };
  const context = { list: "\u0000", title: t.filters.ofContext, options: contexts.filter((name) => matches(t.context[name] ?? name)).map((name) => ({ value: `context:${name}`, label: t.context[name] ?? name })) };
  const isFirst = ({ list }: { readonly list: string }): number => (list === first ? 0 : 1);
  return [...listGroups, own, context].toSorted((a, b) => isFirst(a) - isFirst(b));
}

/** A few of its values, where they may be seen. */
function hintOf({ examples, examples_masked: isMasked }: ObservedField): string | undefined {
  return isMasked || examples.length === 0 ? undefined : examples.slice(0, 2).map((one) => one.slice(0, 14)).join(", ");
}
