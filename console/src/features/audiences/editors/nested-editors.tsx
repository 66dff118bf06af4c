// Conditions with a condition inside, and tests of computed traits.
import type { ReactNode } from "react";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import { opsOfKind, withOp, type Test } from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import { AddCondition } from "./add-condition.tsx";
import { EventEditor, type LeafEditorProps } from "./event-editor.tsx";
import { OpSelect } from "./filters.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { IsOrNot } from "./other-editors.tsx";
import { TraitEditor } from "./trait-editor.tsx";
import { ValueEditor } from "./value-editor.tsx";
import { WordSelect, WordText } from "./words.tsx";

const t = texts.audiences;

/** Of one condition inside there are words; a group of them is edited as it is stored. */
export function AccountEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const who = isRecord(leaf["who"]) ? leaf["who"] : {};
  const isTurned = isRecord(who["not"]);
  const inner = isTurned && isRecord(who["not"]) ? who["not"] : who;
  const set = (next: Readonly<Record<string, unknown>>, isInnerNot = isTurned): void => onChange({ ...leaf, who: isInnerNot ? { not: next } : next }, "who");
  const isUnset = inner["kind"] === "trait" && inner["trait"] === "";
  const Editor = inner["kind"] === "event" ? EventEditor : inner["kind"] === "trait" ? TraitEditor : undefined;
  if (Editor === undefined) return <JsonEditor leaf={leaf} isNot={isNot} onChange={onChange} onNot={onNot} />;
  return (
    <div className="leaf">
      <div className="words">
        {isNot ? <IsOrNot isNot onNot={onNot} words={t.not} /> : null}
        <WordSelect label={t.account.label} value={String(leaf["people"] ?? "any")} options={(["any", "all", "none"] as const).map((value) => ({ value, label: t.account[value] }))} onChange={(people) => onChange({ ...leaf, people })} />
        <span>{t.account.meets}</span>
        {isUnset ? <AddCondition label={t.builder.addFirst} onAdd={(next) => set(next)} /> : null}
      </div>
      {isUnset ? null : <div className="filters"><Editor leaf={inner as Leaf} isNot={isTurned} onChange={(next) => set(next)} onNot={(next) => set(inner, next)} /></div>}
      <span className="dim small-note">{t.account.note}</span>
    </div>
  );
}

export function ComputedEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const test = { op: "at_least", ...leaf } as Leaf & Test;
  const trait = String(leaf["trait"] ?? "");
  const kind = opsOfKind.number.includes(test.op) ? "number" : "text";
  return (
    <div className="words">
      {isNot ? <IsOrNot isNot onNot={onNot} words={t.not} /> : null}
      <WordText label={t.computed.which} placeholder={t.computed.choose} value={trait} onChange={(next) => onChange({ ...leaf, trait: next }, "trait")} />
      <OpSelect name={trait} op={test.op} kind={kind} onChange={(op) => onChange(withOp(test, op))} />
      <ValueEditor test={test} kind={kind} wish={undefined} name={trait} onChange={(next, mark) => onChange(next as Leaf & Test, mark)} />
    </div>
  );
}
