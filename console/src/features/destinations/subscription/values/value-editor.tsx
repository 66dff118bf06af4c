// What fills a field: chosen in a word, edited beside it or below. Its parts are values again, edited the same way.
import { useState, type ComponentType, type ReactNode } from "react";
import { texts } from "../../../../texts/texts.ts";
import { changedKind, kindsFor, literalKinds } from "../model/change-kind.ts";
import { formOf, valueOf, type ValueForm, type ValueKind } from "../model/value-form.ts";
import { useValuesState } from "./context.ts";
import { CaseEditor, ConvertEditor, FlattenEditor, LiteralEditor, MergeEditor, ReplaceEditor, TransformEditor, WithoutNullsEditor } from "./change-editors.tsx";
import type { EditorProps, ValueEditorProps } from "./editor-props.ts";
import { EachEditor, IfEditor } from "./if-and-each.tsx";
import { JsonValueEditor } from "./json-value-editor.tsx";
import { ListEditor, ObjectEditor } from "./object-editor.tsx";
import { PathEditor } from "./path-editor.tsx";
import { BooleanEditor, NumberEditor, TemplateEditor, TextEditor } from "./plain-editors.tsx";

const t = texts.subscriptions.values;

const editors: { readonly [Kind in ValueKind]: ComponentType<EditorProps<Kind>> } = {
  nothing: () => null, null: () => null,
  text: TextEditor, number: NumberEditor, boolean: BooleanEditor, path: PathEditor, template: TemplateEditor,
  object: ObjectEditor, list: ListEditor, if: IfEditor, each: EachEditor,
  case: CaseEditor, replace: ReplaceEditor, merge: MergeEditor, flatten: FlattenEditor, convert: ConvertEditor, transform: TransformEditor, literal: LiteralEditor, without_nulls: WithoutNullsEditor,
  json: JsonValueEditor,
};

export function ValueEditor({ value, onChange, field, label, isNeeded = false }: ValueEditorProps): ReactNode {
  // Whatever it is, it can be written as JSON, and stays so until somebody chooses another way.
  const [isJson, setIsJson] = useState(false);
  const form: ValueForm = isJson && value !== undefined ? { kind: "json", value } : formOf(value);
  const choose = (kind: ValueKind): void => {
    setIsJson(kind === "json");
    onChange(kind === "json" ? (value ?? null) : changedKind(value, kind, field));
  };
  const Editor = editors[form.kind] as ComponentType<EditorProps<ValueKind>>; // The one of this kind.
  return (
    <div className="value-editor" data-kind={form.kind}>
      <KindSelect kind={form.kind} field={field} label={label} isNeeded={isNeeded} onChoose={choose} />
      <Editor form={form} field={field} label={label} Part={ValueEditor} onChange={(next) => onChange(valueOf(next))} />
    </div>
  );
}

type KindProps = Pick<ValueEditorProps, "field" | "label" | "isNeeded"> & { readonly kind: ValueKind; readonly onChoose: (kind: ValueKind) => void };

function KindSelect({ kind, field, label, isNeeded = false, onChoose }: KindProps): ReactNode {
  const { isReadOnly, isLiteral = false } = useValuesState();
  const { plain, shapes, changes } = isLiteral ? literalKinds(field) : kindsFor(field);
  const known = [...plain, ...shapes, ...changes, ...(isNeeded ? [] : ["nothing"])];
  const option = (one: ValueKind): ReactNode => <option key={one} value={one}>{t.kinds[one]}</option>;
  return (
    <select className="word-select" aria-label={t.filledBy(label)} disabled={isReadOnly} value={kind} onChange={(event) => onChoose(event.currentTarget.value as ValueKind)}>
      {isNeeded ? null : option("nothing")}
      {known.includes(kind) ? null : option(kind)}
      {plain.map(option)}
      {shapes.map(option)}
      {changes.length > 0 ? <optgroup label={t.changes}>{changes.map(option)}</optgroup> : null}
    </select>
  );
}
