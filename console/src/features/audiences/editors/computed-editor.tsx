// Tests of computed traits.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { opsOfKind, relativeOps, withOp, type Test } from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import type { LeafEditorProps } from "./event-editor.tsx";
import { computedListQuery } from "../../computed/queries.ts";
import { OpSelect } from "./filters.tsx";
import { IsOrNot } from "./other-editors.tsx";
import { Picker } from "./picker.tsx";
import { ValueEditor } from "./value-editor.tsx";

const t = texts.audiences;

export function ComputedEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const { data } = useQuery(computedListQuery("", "in_use"));
  const test = { op: "at_least", ...leaf } as Leaf & Test;
  const trait = String(leaf["trait"] ?? "");
  const found = data?.data.find(({ slug }) => slug === trait);
  const kind = (found === undefined ? opsOfKind.number.includes(test.op) : found.type === "number") ? "number" : found?.type === "time" ? "date" : "text";
  const groups = data && [{ title: t.computed.which, options: data.data.map(({ slug, name }) => ({ value: slug, label: name, note: slug })) }];
  return (
    <div className="words">
      {isNot ? <IsOrNot isNot onNot={onNot} words={t.not} /> : null}
      <Picker label={t.computed.which} placeholder={t.computed.search} groups={groups} isPlaceholder={trait === ""} onPick={(next) => onChange({ ...leaf, trait: next })}><bdi className="cut">{found?.name ?? (trait || t.computed.choose)}</bdi></Picker>
      <OpSelect name={trait} op={test.op} kind={kind} extra={relativeOps} onChange={(op) => onChange(withOp(test, op))} />
      <ValueEditor test={test} kind={kind} wish={undefined} name={trait} onChange={(next, mark) => onChange(next as Leaf & Test, mark)} />
    </div>
  );
}
