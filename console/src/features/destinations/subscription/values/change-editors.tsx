// What is done to a value on its way: letters, parts of a text, objects put together and laid flat, JSON, and one mapping after another.
import { ActionIcon, Checkbox } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { replaceLengthMax } from "@tributary/schema/destination/mapping-directives.ts";
import { texts } from "../../../../texts/texts.ts";
import { WordSelect } from "../../../audiences/editors/words.tsx";
import type { Filling, Replacing } from "../model/value-form.ts";
import { useValuesState, ValuesProvider } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";
import { madeOf } from "./if-and-each.tsx";

const t = texts.subscriptions.values;

interface OfProps {
  readonly of: Filling;
  readonly onChange: (of: Filling) => void;
  readonly label: string;
  readonly field: EditorProps<"case">["field"];
  readonly Part: EditorProps<"case">["Part"];
}

function Of({ of, onChange, label, field, Part }: OfProps): ReactNode {
  return <div className="value-part"><span className="dim">{t.of}</span><Part value={of} field={field} label={`${label}: ${t.of}`} onChange={onChange} /></div>;
}

export function CaseEditor({ form, onChange, field, label, Part }: EditorProps<"case">): ReactNode {
  return (
    <div className="value-below value-parts">
      <div className="value-part"><WordSelect label={t.case.label} value={form.operator} options={[{ value: "lower", label: t.case.lower }, { value: "upper", label: t.case.upper }]} onChange={(operator) => onChange({ ...form, operator: operator === "upper" ? "upper" : "lower" })} /></div>
      <Of of={form.of} field={field} label={label} Part={Part} onChange={(of) => onChange({ ...form, of })} />
    </div>
  );
}

export function ReplaceEditor({ form, onChange, field, label, Part }: EditorProps<"replace">): ReactNode {
  const { how } = form;
  const set = (change: Partial<Replacing>): void => onChange({ ...form, how: { ...how, ...change } });
  const text = (name: string, value: string | undefined, key: keyof Replacing): ReactNode => (
    <input className="word-input mono" aria-label={`${label}: ${name}`} value={value ?? ""} maxLength={replaceLengthMax} size={replaceLengthMax} onChange={(event) => set({ [key]: event.currentTarget.value === "" && key !== "pattern" ? undefined : event.currentTarget.value })} />
  );
  return (
    <div className="value-below value-parts">
      <div className="value-part"><span>{t.replace.every}</span>{text(t.replace.pattern, how.pattern, "pattern")}<span>{t.replace.by}</span>{text(t.replace.replacement, how.replacement, "replacement")}</div>
      <div className="value-part"><span>{t.replace.then}</span>{text(t.replace.pattern2, how.pattern2, "pattern2")}<span>{t.replace.by}</span>{text(t.replace.replacement2, how.replacement2, "replacement2")}</div>
      <div className="value-part">
        <Checkbox size="xs" label={t.replace.onlyFirst} checked={how.global === false} onChange={(event) => set({ global: event.currentTarget.checked ? false : undefined })} />
        <Checkbox size="xs" label={t.replace.ignoreCase} checked={how.ignorecase === true} onChange={(event) => set({ ignorecase: event.currentTarget.checked ? true : undefined })} />
      </div>
      <Of of={form.of} field={field} label={label} Part={Part} onChange={(of) => onChange({ ...form, of })} />
    </div>
  );
}

export function MergeEditor({ form, onChange, label, Part }: EditorProps<"merge">): ReactNode {
  const { isReadOnly } = useValuesState();
  const { objects, direction } = form;
  return (
    <div className="value-below value-parts">
      <div className="value-part"><span>{t.merge.wins}</span><WordSelect label={t.merge.wins} value={direction} options={[{ value: "right", label: t.merge.right }, { value: "left", label: t.merge.left }]} onChange={(next) => onChange({ ...form, direction: next === "left" ? "left" : "right" })} /></div>
      {objects.map((one, index) => (
        <div key={index} className="value-part">
          <span className="dim figure">{index + 1}</span>
          <Part value={one} field={undefined} label={`${label} ${index + 1}`} isNeeded onChange={(value) => (value === undefined ? undefined : onChange({ ...form, objects: objects.with(index, value) }))} />
          {isReadOnly ? null : <ActionIcon size={24} aria-label={t.removeItem(index + 1)} onClick={() => onChange({ ...form, objects: objects.toSpliced(index, 1) })}><IconTrash size={14} /></ActionIcon>}
        </div>
      ))}
      {isReadOnly ? null : <span className="words"><button type="button" className="word-button add" onClick={() => onChange({ ...form, objects: [...objects, {}] })}>+ {t.merge.add}</button></span>}
    </div>
  );
}

export function FlattenEditor({ form, onChange, label, Part }: EditorProps<"flatten">): ReactNode {
  return (
    <div className="value-below value-parts">
      <div className="value-part">
        <span>{t.flatten.separator}</span>
        <input className="word-input mono" aria-label={`${label}: ${t.flatten.separator}`} value={form.separator} maxLength={20} size={3} onChange={(event) => onChange({ ...form, separator: event.currentTarget.value })} />
        <Checkbox size="xs" label={t.flatten.omitArrays} checked={form.omitArrays === true} onChange={(event) => onChange({ ...form, omitArrays: event.currentTarget.checked ? true : undefined })} />
      </div>
      <Of of={form.of} field={undefined} label={label} Part={Part} onChange={(of) => onChange({ ...form, of })} />
    </div>
  );
}

export function ConvertEditor({ form, onChange, label, Part }: EditorProps<"convert">): ReactNode {
  return (
    <div className="value-below value-parts">
      <div className="value-part"><WordSelect label={t.convert.label} value={form.mode} options={[{ value: "encode", label: t.convert.encode }, { value: "decode", label: t.convert.decode }]} onChange={(mode) => onChange({ ...form, mode: mode === "decode" ? "decode" : "encode" })} /></div>
      <Of of={form.of} field={undefined} label={label} Part={Part} onChange={(of) => onChange({ ...form, of })} />
    </div>
  );
}

/** The second mapping sees what the first makes, and nothing else. */
export function TransformEditor({ form, onChange, field, label, Part }: EditorProps<"transform">): ReactNode {
  const state = useValuesState();
  return (
    <div className="value-below value-parts">
      <div className="value-part"><span className="dim">{t.transform.first}</span><Part value={form.apply} field={undefined} label={`${label}: ${t.transform.first}`} isNeeded onChange={(apply) => (apply === undefined ? undefined : onChange({ ...form, apply }))} /></div>
      <ValuesProvider value={{ ...state, sample: madeOf(form.apply, state.sample) }}>
        <div className="value-part"><span className="dim">{t.transform.then}</span><Part value={form.mapping} field={field} label={`${label}: ${t.transform.then}`} isNeeded onChange={(mapping) => (mapping === undefined ? undefined : onChange({ ...form, mapping }))} /></div>
      </ValuesProvider>
    </div>
  );
}

export function LiteralEditor({ form, onChange, field, label, Part }: EditorProps<"literal">): ReactNode {
  return <div className="value-below value-parts"><div className="value-part"><Part value={form.of} field={field} label={label} isNeeded onChange={(of) => (of === undefined ? undefined : onChange({ ...form, of }))} /></div></div>;
}

export function WithoutNullsEditor({ form, onChange, field, label, Part }: EditorProps<"without_nulls">): ReactNode {
  return <div className="value-below value-parts"><div className="value-part"><Part value={form.of} field={field} label={label} isNeeded onChange={(of) => (of === undefined ? undefined : onChange({ ...form, of }))} /></div></div>;
}
