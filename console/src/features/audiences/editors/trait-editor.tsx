// What somebody is: a trait and a test of it, and how long it has been so.
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { datedOps, kindOfField, newTrait, withOp, withoutUndefined, type Test } from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import type { LeafEditorProps } from "./event-editor.tsx";
import { useTraits } from "./fields.ts";
import { OpSelect } from "./filters.tsx";
import { Picker } from "./picker.tsx";
import { DurationWords, ValueEditor, durationOf } from "./value-editor.tsx";
import { WordSelect } from "./words.tsx";

const t = texts.audiences;

export function TraitEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const traits = useTraits();
  const trait = String(leaf["trait"] ?? "");
  const test = { op: "equals", ...leaf } as Leaf & Test;
  const kind = kindOfField(traits?.find(({ path }) => path === trait));
  const groups = traits && [{ title: t.add.traits, options: traits.map(({ path, count }) => ({ value: path, label: path, count })) }];
  const isDated = (datedOps as readonly string[]).includes(test.op);
  const choose = (path: string): void => {
    const nextKind = kindOfField(traits?.find((one) => one.path === path));
    onChange(nextKind === kind ? { ...leaf, trait: path } : newTrait(path, nextKind));
  };
  return (
    <div className="leaf">
      <div className="words">
        {isNot ? <WordSelect label={t.not.label} value="not" options={[{ value: "not", label: t.not.not }, { value: "is", label: t.not.is }]} onChange={(value) => onNot(value === "not")} /> : null}
        <Picker label={t.trait.which} placeholder={t.trait.search} groups={groups} onPick={choose} other={t.trait.use}><bdi className="mono cut">{trait}</bdi></Picker>
        <OpSelect name={trait} op={test.op} kind={kind} extra={datedOps} onChange={(op) => onChange(changed(test, op))} />
        <ValueEditor test={test} kind={kind} wish={{ place: "trait", event: "", path: trait }} name={trait} onChange={(next, mark) => onChange(next as Leaf & Test, mark)} />
        {leaf["held"] === undefined || isDated ? null : (
          <span className="words"><span>{t.trait.held}</span><DurationWords value={leaf["held"]} onChange={(held) => onChange({ ...leaf, held }, "held")} /><button type="button" className="word-button add" aria-label={t.trait.dropHeld} onClick={() => onChange(withoutUndefined({ ...leaf, held: undefined }))}>×</button></span>
        )}
        {leaf["held"] === undefined && !isDated && test.op !== "is_not_set" ? <button type="button" className="word-button add small quiet" onClick={() => onChange({ ...leaf, held: durationOf(undefined) })}>{t.trait.addHeld}</button> : null}
      </div>
    </div>
  );
}

/** Dates relative to now have no "held". */
function changed(test: Leaf & Test, op: string): Leaf {
  const next = withOp(test, op);
  return (datedOps as readonly string[]).includes(op) ? withoutUndefined({ ...next, held: undefined }) : next;
}
