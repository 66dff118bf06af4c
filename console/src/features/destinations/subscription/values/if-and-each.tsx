// A choice by what the event has, and each entry of a list made into something.
import { useState, type ReactNode } from "react";
import { map } from "@tributary/schema/destination/map.ts";
import { texts } from "../../../../texts/texts.ts";
import { WordSelect } from "../../../audiences/editors/words.tsx";
import { isDirective } from "../model/value-form.ts";
import { useValuesState, ValuesProvider } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";
import { PathPicker } from "./path-picker.tsx";
import { SampleOf } from "./path-editor.tsx";

const t = texts.subscriptions.values;

/** "This, or else that" is what is asked most: it is said so, until somebody wants to ask something else. */
export function IfEditor(props: EditorProps<"if">): ReactNode {
  const { form, onChange, field, label, Part } = props;
  const { isReadOnly } = useValuesState();
  const [isApart, setIsApart] = useState(false);
  if (!isApart && isFirstOf(form)) {
    return (
      <div className="value-below value-parts">
        <div className="value-part"><span className="dim">{t.if.first}</span><Part value={form.of} field={field} label={`${label}: ${t.if.first}`} isNeeded onChange={(of) => (of === undefined || of === null ? undefined : onChange({ ...form, of, then: of }))} /></div>
        <div className="value-part"><span className="dim">{t.if.orElse}</span><Part value={form.otherwise} field={field} label={`${label}: ${t.if.orElse}`} onChange={(otherwise) => onChange({ ...form, otherwise })} /></div>
        {isReadOnly ? null : <span className="words"><button type="button" className="word-button add small" aria-label={`${t.if.apart}: ${label}`} onClick={() => setIsApart(true)}>{t.if.apart}</button></span>}
      </div>
    );
  }
  return (
    <div className="value-below value-parts">
      <div className="value-part">
        <span className="dim">{t.if.when}</span>
        <Part value={form.of} field={undefined} label={`${label}: ${t.if.when}`} isNeeded onChange={(of) => (of === undefined || of === null ? undefined : onChange({ ...form, of }))} />
        <WordSelect label={t.if.test} value={form.test} options={[{ value: "exists", label: t.if.exists }, { value: "blank", label: t.if.notBlank }]} onChange={(test) => onChange({ ...form, test: test === "blank" ? "blank" : "exists" })} />
      </div>
      <div className="value-part"><span className="dim">{t.if.then}</span><Part value={form.then} field={field} label={`${label}: ${t.if.then}`} onChange={(then) => onChange({ ...form, then })} /></div>
      <div className="value-part"><span className="dim">{t.if.else}</span><Part value={form.otherwise} field={field} label={`${label}: ${t.if.else}`} onChange={(otherwise) => onChange({ ...form, otherwise })} /></div>
    </div>
  );
}

/** What is there is taken as it is. */
function isFirstOf({ test, of, then }: EditorProps<"if">["form"]): boolean {
  return test === "exists" && isDirective(of) && JSON.stringify(of) === JSON.stringify(then);
}

export function EachEditor({ form, onChange, field, label, Part }: EditorProps<"each">): ReactNode {
  const state = useValuesState();
  const { from, shape } = form;
  const entries = madeOf(typeof from === "string" ? { "@path": from } : from, state.sample);
  // Within the list, a path begins at the entry.
  const first: unknown = Array.isArray(entries) ? entries[0] : entries;
  const one = field === undefined ? undefined : { ...field, isMultiple: false };
  return (
    <div className="value-below value-parts">
      <div className="value-part">
        <span className="dim">{t.each.of}</span>
        {typeof from === "string"
          ? <><PathPicker label={t.pathOf(label)} path={from} onPick={(path) => onChange({ ...form, from: path })}>{from === "" ? t.choosePath : <bdi className="mono path-text" dir="ltr">{from}</bdi>}</PathPicker>{from === "" ? <span className="value-note" role="status">{t.noPath}</span> : <SampleOf path={from} />}</>
          : <Part value={from} field={undefined} label={`${label}: ${t.each.of}`} isNeeded onChange={(next) => (next !== undefined && (isDirective(next) || typeof next === "string") ? onChange({ ...form, from: next }) : undefined)} />}
      </div>
      <ValuesProvider value={{ ...state, sample: first }}>
        <div className="value-part">
          <span className="dim">{t.each.becomes}</span>
          {shape === undefined
            ? <><span>{t.each.itself}</span>{state.isReadOnly ? null : <button type="button" className="word-button add" onClick={() => onChange({ ...form, shape: {} })}>{t.each.shape}</button>}</>
            : <Part value={shape} field={one?.type === "object" ? one : undefined} label={`${label}: ${t.each.becomes}`} onChange={(next) => onChange({ ...form, shape: next === null || typeof next !== "object" || Array.isArray(next) ? undefined : next })} />}
        </div>
      </ValuesProvider>
    </div>
  );
}

/** What the value makes of the event that is looked at. */
export function madeOf(value: Parameters<typeof map>[0][string] | undefined, sample: unknown): unknown {
  if (value === undefined || typeof sample !== "object" || sample === null) return undefined;
  const made = map({ made: value }, sample);
  return made.isGood ? made.payload["made"] : undefined;
}
