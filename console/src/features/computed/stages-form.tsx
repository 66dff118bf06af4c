// The stages of a lifecycle, in their order: each a name and conditions, in the rows of the audience builder. The first that holds
// counts, so stages move up and down.
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Told } from "../../ui/told.tsx";
import type { RowProblem } from "../audiences/builder/context.ts";
import { tell } from "../audiences/builder/use-rows.ts";
import { WhoRows } from "../audiences/builder/who-rows.tsx";
import type { KindFormProps } from "./form-fields.tsx";
import { Readable } from "./readable.tsx";
import { hasNoCondition, newStage, stageId, stageWith, stagesOf, type Stage, type StageProblems } from "./stages.ts";

const t = texts.computed.form.stage;
const STAGES_MAX = 20;

export function StagesForm({ draft, isReadOnly, problems, onChange }: KindFormProps): ReactNode {
  const stages = stagesOf(draft);
  const wantsFocus = useRef<string>(undefined);
  if (stages === undefined) return <p className="dim">{t.onlyJson}</p>;
  const put = (next: readonly Stage[]): void => onChange({ ...draft, stages: next });
  const add = (): void => {
    const made = newStage();
    wantsFocus.current = stageId(made);
    put([...stages, made]);
  };
  const setOtherwise = (text: string): void => {
    const { otherwise: _, ...rest } = draft;
    onChange(text === "" ? rest : { ...rest, otherwise: text });
  };
  return (
    <div className="stack">
      <p className="dim">{texts.computed.form.stages}</p>
      <ol className="stages">
        {stages.map((stage, index) => (
          <StageRow key={stageId(stage)} stage={stage} index={index} stages={stages} problems={problems} isReadOnly={isReadOnly} wantsFocus={wantsFocus} onPut={put} />
        ))}
      </ol>
      {isReadOnly || stages.length >= STAGES_MAX ? null : <div><Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>{t.add}</Button></div>}
      <TextInput className="computed-form" label={t.otherwise} description={t.otherwiseHelp} maxLength={100} readOnly={isReadOnly} value={typeof draft["otherwise"] === "string" ? draft["otherwise"] : ""} onChange={(event) => setOtherwise(event.currentTarget.value)} />
      <span className="unseen" role="status" data-told />
    </div>
  );
}

interface StageRowProps {
  readonly stage: Stage;
  readonly index: number;
  readonly stages: readonly Stage[];
  readonly problems: StageProblems;
  readonly isReadOnly: boolean;
  /** The stage that wants the focus: it was made, or what held the focus is gone. */
  readonly wantsFocus: { current: string | undefined };
  readonly onPut: (stages: readonly Stage[]) => void;
}

function StageRow({ stage, index, stages, problems, isReadOnly, wantsFocus, onPut }: StageRowProps): ReactNode {
  const name = useRef<HTMLInputElement>(null);
  const id = stageId(stage);
  useLayoutEffect(() => {
    if (wantsFocus.current !== id) return;
    wantsFocus.current = undefined;
    name.current?.focus();
  });
  const set = (change: Partial<Stage>): void => onPut(stages.with(index, stageWith(stage, change)));
  const move = (by: 1 | -1): void => {
    const other = stages[index + by];
    if (other === undefined || isReadOnly) return;
    onPut(stages.with(index, other).with(index + by, stage));
    tell(t.moved(index + by + 1, stages.length));
  };
  const remove = (): void => {
    const next = stages[index + 1] ?? stages[index - 1];
    if (next !== undefined) wantsFocus.current = stageId(next);
    onPut(stages.toSpliced(index, 1));
    tell(t.removed);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    move(event.key === "ArrowUp" ? -1 : 1);
  };
  const said = problems.get(id) ?? [];
  return (
    <li className="stage" aria-label={t.label(index + 1, stage.name)}>
      <div className="stage-head" onKeyDown={onKeyDown}>
        <span className="stage-number figure dim" aria-hidden>{index + 1}</span>
        <TextInput ref={name} className="stage-name" size="xs" aria-label={t.name(index + 1)} placeholder={t.nameExample} maxLength={100} readOnly={isReadOnly} value={stage.name} title={isReadOnly ? undefined : t.keys} onChange={(event) => set({ name: event.currentTarget.value })} />
        {isReadOnly ? null : <StageTools index={index} count={stages.length} onMove={move} onRemove={remove} />}
      </div>
      <Readable what={stage.when} otherwise={t.onlyJsonWhen}>
        <WhoRows who={stage.when} problems={problems} isReadOnly={isReadOnly} onChange={(when) => set({ when })} head={<span>{t.who}</span>} />
      </Readable>
      {hasNoCondition(stage) ? <p className="row-problem" data-tone="attention"><IconAlertTriangle size={14} aria-hidden /><span>{t.empty}</span></p> : null}
      {said.map((one) => <p key={one.message} className="row-problem" data-tone={one.isWarning ? "attention" : "bad"}><IconAlertTriangle size={14} aria-hidden /><span><Told text={one.message} />{one.hint ? <span className="dim"> <Told text={one.hint} /></span> : null}</span></p>)}
    </li>
  );
}

const atEnd = { "aria-disabled": true, "data-disabled": true } as const;

/** At the ends a button stays where the focus can be, so that whoever moves a stage goes on from there. */
function StageTools({ index, count, onMove, onRemove }: { readonly index: number; readonly count: number; readonly onMove: (by: 1 | -1) => void; readonly onRemove: () => void }): ReactNode {
  return (
    <span className="stage-tools">
      <ActionIcon size={28} aria-label={t.up(index + 1)} {...(index === 0 && atEnd)} onClick={() => onMove(-1)}><IconArrowUp size={15} /></ActionIcon>
      <ActionIcon size={28} aria-label={t.down(index + 1)} {...(index === count - 1 && atEnd)} onClick={() => onMove(1)}><IconArrowDown size={15} /></ActionIcon>
      {count > 1 ? <ActionIcon size={28} aria-label={t.remove(index + 1)} onClick={onRemove}><IconTrash size={15} /></ActionIcon> : null}
    </span>
  );
}
