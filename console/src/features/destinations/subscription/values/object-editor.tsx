// Fields within a field, and lists: those that the destination names with their own labels, and any others by the keys one gives them.
import { ActionIcon } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { texts } from "../../../../texts/texts.ts";
import { keyProblem, type Entry, type Filling } from "../model/value-form.ts";
import { useUnfinished, useValuesState } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";

const t = texts.subscriptions.values;
const LIST_MAX = 200;

export function ObjectEditor({ form: { entries }, onChange, field, label, Part }: EditorProps<"object">): ReactNode {
  const { isReadOnly } = useValuesState();
  const known = field?.properties ?? [];
  const others = entries.filter(({ key }) => !known.some((one) => one.key === key));
  const keys = entries.map(({ key }) => key);
  const set = (next: readonly Entry[]): void => onChange({ kind: "object", entries: next });
  const fill = (key: string, value: Filling): void => {
    const at = entries.findIndex((one) => one.key === key);
    if (value === undefined) set(entries.filter((one) => one.key !== key));
    else set(at === -1 ? [...entries, { key, value }] : entries.with(at, { key, value }));
  };
  const takesMore = known.length === 0 || (field?.takesMore ?? true);
  return (
    <div className="value-below value-fields">
      {known.map((one) => <KnownField key={one.key} field={one} label={label} value={entries.find(({ key }) => key === one.key)?.value} onChange={(value) => fill(one.key, value)} Part={Part} />)}
      {others.map((one) => (
        <div key={entries.indexOf(one)} className="value-entry">
          <KeyField entry={one} label={label} others={keys.filter((key) => key !== one.key)} onChange={(key) => set(entries.map((entry) => (entry === one ? { ...entry, key } : entry)))} />
          <Part value={one.value} field={undefined} label={`${label}: ${one.key}`} isNeeded onChange={(value) => (value === undefined ? undefined : set(entries.map((entry) => (entry === one ? { ...entry, value } : entry))))} />
          {isReadOnly ? null : <ActionIcon size={24} aria-label={t.removeKey(one.key)} onClick={() => set(entries.filter((entry) => entry !== one))}><IconTrash size={14} /></ActionIcon>}
        </div>
      ))}
      {takesMore && !isReadOnly ? <span className="words"><button type="button" className="word-button add" aria-label={`${t.addKey}: ${label}`} onClick={() => set([...entries, { key: freeKey(keys), value: { "@path": "" } }])}>+ {t.addKey}</button></span> : null}
    </div>
  );
}

function freeKey(keys: readonly string[]): string {
  for (let n = keys.length + 1; ; n++) if (!keys.includes(`field_${n}`)) return `field_${n}`;
}

function KnownField({ field, label, value, onChange, Part }: { readonly field: Field; readonly label: string; readonly value: Filling; readonly onChange: (value: Filling) => void; readonly Part: EditorProps<"object">["Part"] }): ReactNode {
  return (
    <div className="value-known">
      <span className="value-known-name" title={field.description || undefined}><bdi>{field.label || field.key}</bdi>{field.required === true ? <span className="required" title={t.required}> *</span> : null}</span>
      <Part value={value} field={field} label={`${label}: ${field.label || field.key}`} onChange={onChange} />
    </div>
  );
}

/** A key that can't be is kept here until it can. */
function KeyField({ entry, label, others, onChange }: { readonly entry: Entry; readonly label: string; readonly others: readonly string[]; readonly onChange: (key: string) => void }): ReactNode {
  const { isReadOnly } = useValuesState();
  const [typed, setTyped] = useState<string>();
  const text = typed ?? entry.key;
  const problem = typed === undefined || typed === entry.key ? undefined : keyProblem(typed, others);
  useUnfinished(problem !== undefined);
  const set = (next: string): void => {
    if (keyProblem(next, others) !== undefined) return setTyped(next);
    setTyped(undefined);
    onChange(next);
  };
  return (
    <span className="value-key">
      <input className="word-input mono" aria-label={t.keyOf(label)} value={text} readOnly={isReadOnly} aria-invalid={problem !== undefined || undefined} maxLength={200} dir="auto" spellCheck={false} onChange={(event) => set(event.currentTarget.value)} />
      {problem === undefined ? null : <span className="value-note" role="status">{t.keyProblems[problem]}</span>}
    </span>
  );
}

export function ListEditor({ form: { items }, onChange, field, label, Part }: EditorProps<"list">): ReactNode {
  const { isReadOnly } = useValuesState();
  const one = field === undefined ? undefined : { ...field, isMultiple: false };
  const set = (next: readonly (typeof items)[number][]): void => onChange({ kind: "list", items: next });
  return (
    <div className="value-below value-fields">
      {items.slice(0, LIST_MAX).map((item, index) => (
        <div key={index} className="value-entry">
          <span className="dim figure value-number">{index + 1}</span>
          <Part value={item} field={one} label={`${label} ${index + 1}`} isNeeded onChange={(value) => (value === undefined ? undefined : set(items.with(index, value)))} />
          {isReadOnly ? null : <ActionIcon size={24} aria-label={t.removeItem(index + 1)} onClick={() => set(items.toSpliced(index, 1))}><IconTrash size={14} /></ActionIcon>}
        </div>
      ))}
      {items.length > LIST_MAX ? <span className="dim">{t.moreItems(items.length - LIST_MAX)}</span> : null}
      {isReadOnly ? null : <span className="words"><button type="button" className="word-button add" aria-label={`${t.addItem}: ${label}`} onClick={() => set([...items, one?.type === "object" ? {} : { "@path": "" }])}>+ {t.addItem}</button></span>}
    </div>
  );
}
