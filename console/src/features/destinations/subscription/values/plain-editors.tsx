// Values that stand in the mapping itself: text, numbers, yes and no, and text with values of the event in it.
import { Autocomplete } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { mappingLimits } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../../texts/texts.ts";
import { WordNumber } from "../../../audiences/editors/words.tsx";
import { choicesQuery } from "../queries.ts";
import { useUnfinished, useValuesState } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";
import { PathPicker } from "./path-picker.tsx";

const t = texts.subscriptions.values;
const TEXT_MAX = 10_000;

export function TextEditor({ form: { text }, onChange, field, label }: EditorProps<"text">): ReactNode {
  const { isReadOnly } = useValuesState();
  const set = (next: string): void => onChange({ kind: "text", text: next });
  if (field?.choices !== undefined && field.choices.length > 0 && !field.isDynamic) return <ChoiceEditor field={field} text={text} label={label} onChange={set} />;
  if (field?.isDynamic === true) return <VendorChoices field={field} text={text} label={label} onChange={set} />;
  const isLong = field?.type === "text" || text.includes("\n") || text.length > 80;
  const props = { "aria-label": t.textOf(label), value: text, readOnly: isReadOnly, maxLength: TEXT_MAX, placeholder: field?.placeholder, dir: "auto" } as const;
  return isLong
    ? <textarea {...props} className="value-text" rows={Math.min(8, Math.max(2, text.split("\n").length))} onChange={(event) => set(event.currentTarget.value)} />
    : <input {...props} className="value-text" type={field?.type === "password" ? "password" : "text"} autoComplete="off" onChange={(event) => set(event.currentTarget.value)} />;
}

interface ChoiceProps {
  readonly field: Field;
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
}

function ChoiceEditor({ field: { choices = [] }, text, label, onChange }: ChoiceProps): ReactNode {
  const { isReadOnly } = useValuesState();
  const isKnown = choices.some(({ value }) => String(value) === text);
  return (
    <select className="value-text" aria-label={t.textOf(label)} disabled={isReadOnly} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
      {isKnown ? null : <option value={text}>{text === "" ? t.choose : text}</option>}
      {choices.map((one) => <option key={String(one.value)} value={String(one.value)}>{one.label}</option>)}
    </select>
  );
}

/** The vendor is asked when somebody looks, and what is not among the answers can be written all the same. */
function VendorChoices({ field, text, label, onChange }: ChoiceProps): ReactNode {
  const { of, isReadOnly } = useValuesState();
  const [isAsked, setIsAsked] = useState(false);
  const { data, error, isFetching } = useQuery({ ...choicesQuery(of.slug, of.action, field.key, of.payload), enabled: isAsked && of.mayAsk });
  const options = new Map((data?.data ?? []).map(({ value, label: name }) => [value, name]));
  return (
    <div className="value-choices">
      <Autocomplete
        size="xs" aria-label={t.textOf(label)} value={text} readOnly={isReadOnly} onFocus={() => setIsAsked(true)} onChange={onChange} data={[...options.keys()]} limit={100} comboboxProps={{ shadow: "sm" }}
        renderOption={({ option }) => <span className="picker-option"><bdi className="grow cut">{options.get(option.value) ?? option.value}</bdi><span className="dim mono">{option.value}</span></span>}
      />
      {options.get(text) === undefined ? null : <span className="dim"><bdi>{options.get(text)}</bdi></span>}
      {isFetching ? <span className="dim">{t.asking}</span> : error ? <span className="value-note" role="status">{t.noChoices(error.message)}</span> : null}
    </div>
  );
}

export function NumberEditor({ form: { number }, onChange, field, label }: EditorProps<"number">): ReactNode {
  const [isEmpty, setIsEmpty] = useState(false);
  useUnfinished(isEmpty);
  return (
    <>
      <WordNumber
        label={t.textOf(label)} value={number} isWhole={field?.type === "integer"} {...(field?.minimum === undefined ? {} : { least: field.minimum })}
        onChange={(next) => { setIsEmpty(next === undefined); if (next !== undefined) onChange({ kind: "number", number: next }); }}
      />
      {isEmpty ? <span className="value-note" role="status">{t.noNumber}</span> : null}
    </>
  );
}

export function BooleanEditor({ form: { isTrue }, onChange, label }: EditorProps<"boolean">): ReactNode {
  const { isReadOnly } = useValuesState();
  return (
    <select className="word-select" aria-label={t.textOf(label)} disabled={isReadOnly} value={String(isTrue)} onChange={(event) => onChange({ kind: "boolean", isTrue: event.currentTarget.value === "true" })}>
      <option value="true">{t.yes}</option><option value="false">{t.no}</option>
    </select>
  );
}

export function TemplateEditor({ form, onChange, label }: EditorProps<"template">): ReactNode {
  const { isReadOnly } = useValuesState();
  const { template } = form;
  return (
    <div className="value-below">
      <textarea
        className="value-text mono" aria-label={t.templateOf(label)} rows={Math.min(6, 1 + template.split("\n").length)} maxLength={mappingLimits.templateMax} value={template} readOnly={isReadOnly} spellCheck={false} dir="auto"
        placeholder={t.templateExample} onChange={(event) => onChange({ ...form, template: event.currentTarget.value })}
      />
      <span className="words"><PathPicker label={t.insert} variant="add" path="" onPick={(path) => onChange({ ...form, template: `${template}{{${path}}}` })}>{t.insert}</PathPicker></span>
    </div>
  );
}
