// Stages as they are read: each with its name and what must hold, the first that holds counts. Conditions are edited as those of
// audiences are; a stage whose condition is more than "all of these" is edited as it is stored.
import { ActionIcon } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { AddCondition } from "../audiences/editors/add-condition.tsx";
import { LeafEditor } from "../audiences/editors/leaf-editor.tsx";
import { WordText } from "../audiences/editors/words.tsx";
import type { Leaf } from "../audiences/model/draft.ts";
import type { Draft } from "./kinds.ts";
import { partsOf, whenOf, type Part } from "./stage-parts.ts";

const t = texts.computed.form;
const STAGES_MAX = 20;

interface Stage {
  readonly name: string;
  readonly when: unknown;
}

export interface StagesFormProps {
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  readonly onChange: (draft: Draft) => void;
}

export function StagesForm({ draft, isReadOnly, onChange }: StagesFormProps): ReactNode {
  const stages = (Array.isArray(draft["stages"]) ? draft["stages"] : []) as readonly Stage[]; // From the schema, or of this form's making.
  const put = (next: readonly Stage[]): void => onChange({ ...draft, stages: next });
  const { otherwise: _, ...rest } = draft;
  return (
    <fieldset disabled={isReadOnly} className="stages">
      <p className="dim">{t.stages}</p>
      <ol>
        {stages.map((stage, index) => (
          <li key={index}>
            <div className="row">
              <span className="step-number dim" aria-hidden>{index + 1}.</span>
              <span className="grow"><WordText label={t.stageName(index + 1)} value={stage.name} onChange={(name) => put(stages.with(index, { ...stage, name }))} /></span>
              <ActionIcon size={26} aria-label={t.stageUp(stage.name)} disabled={index === 0} onClick={() => put(swapped(stages, index - 1))}><IconArrowUp size={14} /></ActionIcon>
              <ActionIcon size={26} aria-label={t.stageDown(stage.name)} disabled={index === stages.length - 1} onClick={() => put(swapped(stages, index))}><IconArrowDown size={14} /></ActionIcon>
              <ActionIcon size={26} aria-label={t.dropStage(stage.name)} disabled={stages.length === 1} onClick={() => put(stages.toSpliced(index, 1))}><IconTrash size={14} /></ActionIcon>
            </div>
            <When when={stage.when} onChange={(when) => put(stages.with(index, { ...stage, when }))} />
          </li>
        ))}
      </ol>
      {stages.length < STAGES_MAX ? <button type="button" className="word-button add" onClick={() => put([...stages, { name: t.newStage(stages.length + 1), when: { all: [] } }])}>{t.addStage}</button> : null}
      <div className="words"><span>{t.otherwise}</span><WordText label={t.otherwise} placeholder={t.noOtherwise} value={typeof draft["otherwise"] === "string" ? draft["otherwise"] : ""} onChange={(name) => onChange(name === "" ? rest : { ...rest, otherwise: name })} /></div>
    </fieldset>
  );
}

const swapped = (stages: readonly Stage[], index: number): Stage[] => stages.toSpliced(index, 2, ...stages.slice(index, index + 2).toReversed());

function When({ when, onChange }: { readonly when: unknown; readonly onChange: (when: unknown) => void }): ReactNode {
  const parts = partsOf(when);
  if (parts === undefined) return <p className="dim stage-when">{t.stageAsStored}</p>;
  const put = (next: readonly Part[]): void => onChange(whenOf(next));
  return (
    <ul className="stage-when">
      {parts.map((part, index) => (
        <li key={index}>
          <span className="joint dim">{index === 0 ? t.when : texts.audiences.group.joints.all}</span>
          <div className="grow"><LeafEditor leaf={part.leaf} isNot={part.isNot} onChange={(leaf: Leaf) => put(parts.with(index, { ...part, leaf }))} onNot={(isNot) => put(parts.with(index, { ...part, isNot }))} /></div>
          <ActionIcon size={26} aria-label={texts.audiences.row.remove} onClick={() => put(parts.toSpliced(index, 1))}><IconTrash size={14} /></ActionIcon>
        </li>
      ))}
      <li><span className="joint dim">{parts.length === 0 ? t.when : ""}</span><AddCondition onAdd={(leaf) => put([...parts, { leaf, isNot: false }])} /></li>
    </ul>
  );
}
