// What somebody did in an order: steps with what each must say and how far apart they may be, and what must not follow.
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import { withoutUndefined, type EventRef, type Filter, type Window } from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import { EventNames, type LeafEditorProps } from "./event-editor.tsx";
import { EventFilters } from "./event-filters.tsx";
import { IsOrNot } from "./other-editors.tsx";
import { DurationWords } from "./value-editor.tsx";
import { WindowEditor } from "./window-editor.tsx";
import { WordSelect, WordText } from "./words.tsx";

const t = texts.audiences.sequence;
const STEPS_MAX = 10;

interface Step {
  readonly event: EventRef;
  readonly where?: readonly Filter[];
  readonly gap?: unknown;
  readonly without?: readonly Step[];
  readonly within?: unknown;
}

export function SequenceEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const steps = (Array.isArray(leaf["steps"]) ? leaf["steps"] : []) as readonly Step[]; // From the schema, or of this console's making.
  const never = isRecord(leaf["then_not"]) ? (leaf["then_not"] as unknown as Step) : undefined; // As above.
  const set = (change: Readonly<Record<string, unknown>>, mark?: string): void => onChange(withoutUndefined({ ...leaf, ...change }) as Leaf, mark);
  const setStep = (index: number, change: Partial<Record<keyof Step, unknown>>, mark?: string): void => set({ steps: steps.with(index, withoutUndefined({ ...steps[index], ...change }) as Step) }, mark && `step ${index} ${mark}`);
  const same = typeof leaf["same"] === "string" ? leaf["same"] : Array.isArray(leaf["same"]) ? leaf["same"].join(", ") : undefined;
  return (
    <div className="leaf">
      <div className="words">
        <IsOrNot isNot={isNot} onNot={onNot} words={t} />
        <WordSelect label={t.strict} value={leaf["strict"] === true ? "strict" : "loose"} options={[{ value: "loose", label: t.loose }, { value: "strict", label: t.strictly }]} onChange={(value) => set({ strict: value === "strict" ? true : undefined })} />
        <WindowEditor window={leaf["within"] as Window | undefined} onChange={(within, mark) => set({ within }, mark)} />
      </div>
      <ol className="steps-edit">
        {steps.map((step, index) => (
          <li key={index} className="leaf">
            <div className="words">
              <span className="step-number dim" aria-hidden>{index + 1}.</span>
              <EventNames event={step.event} onChange={(event) => setStep(index, { event })} />
              {index === 0 ? null : <Optional label={t.gap} add={t.addGap} value={step.gap} first={{ last: 1, unit: "day" }} onChange={(gap, mark) => setStep(index, { gap }, mark)} />}
              {hasFilters(step) ? null : <EventFilters event={step.event} where={step.where} onChange={(where, mark) => setStep(index, { where }, mark)} />}
              <StepMenu
                onWithout={index === 0 || step.without !== undefined ? undefined : () => setStep(index, { without: [{ event: "" }] })}
                drop={steps.length > 2 ? t.drop(index + 1) : undefined} onDrop={() => set({ steps: steps.toSpliced(index, 1) })}
              />
            </div>
            {hasFilters(step) ? <EventFilters event={step.event} where={step.where} onChange={(where, mark) => setStep(index, { where }, mark)} /> : null}
            {step.without === undefined ? null : <Without steps={step.without} onChange={(without) => setStep(index, { without })} />}
          </li>
        ))}
      </ol>
      <div className="words">
        {steps.length < STEPS_MAX ? <button type="button" className="word-button add" onClick={() => set({ steps: [...steps, { event: "" }] })}>{t.addStep}</button> : null}
        <Optional label={t.whole} add={t.addWhole} value={leaf["duration"]} first={{ last: 3, unit: "day" }} onChange={(duration, mark) => set({ duration }, mark)} />
        {same === undefined ? <button type="button" className="word-button add" onClick={() => set({ same: "product_id" })}>{t.addSame}</button> : <span className="words"><span>{t.same}</span><WordText label={t.same} value={same} onChange={(value) => set({ same: value.includes(",") ? value.split(",").map((one) => one.trim()) : value }, "same")} /><button type="button" className="word-button add" aria-label={t.dropSame} onClick={() => set({ same: undefined })}>×</button></span>}
        {never === undefined ? <button type="button" className="word-button add" onClick={() => set({ then_not: { event: "", within: { last: 1, unit: "day" } } })}>{t.addNever}</button> : (
          <span className="words"><span>{t.never}</span><EventNames event={never.event} onChange={(event) => set({ then_not: { ...never, event } })} /><span>{t.neverFor}</span><DurationWords value={never.within} onChange={(within) => set({ then_not: { ...never, within } }, "never")} /><button type="button" className="word-button add" aria-label={t.dropNever} onClick={() => set({ then_not: undefined })}>×</button></span>
        )}
      </div>
    </div>
  );
}

interface StepMenuProps {
  /** undefined: there is something already, or nothing is before it. */
  readonly onWithout: (() => void) | undefined;
  readonly drop: string | undefined;
  readonly onDrop: () => void;
}

/** What is rarely wanted of a step, so that its line stays short. */
function StepMenu({ onWithout, drop, onDrop }: StepMenuProps): ReactNode {
  if (onWithout === undefined && drop === undefined) return null;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target><ActionIcon className="step-menu" size={26} aria-label={texts.audiences.filters.more}><IconDots size={14} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {onWithout ? <Menu.Item onClick={onWithout}>{t.addWithout}</Menu.Item> : null}
        {drop === undefined ? null : <Menu.Item leftSection={<IconTrash size={15} />} onClick={onDrop}>{drop}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

const hasFilters = ({ where = [] }: Step): boolean => where.length > 0;

function Without({ steps, onChange }: { readonly steps: readonly Step[]; readonly onChange: (steps: readonly Step[] | undefined) => void }): ReactNode {
  return (
    <div className="words">
      <span>{t.without}</span>
      {steps.map((step, index) => <span key={index} className="words"><EventNames event={step.event} onChange={(event) => onChange(steps.with(index, { ...step, event }))} /><button type="button" className="word-button add" aria-label={t.dropWithout} onClick={() => onChange(steps.length === 1 ? undefined : steps.toSpliced(index, 1))}>×</button></span>)}
    </div>
  );
}

interface OptionalProps {
  readonly label: string;
  readonly add: string;
  readonly value: unknown;
  readonly first: unknown;
  readonly onChange: (value: unknown, mark?: string) => void;
}

function Optional({ label, add, value, first, onChange }: OptionalProps): ReactNode {
  if (value === undefined) return <button type="button" className="word-button add" onClick={() => onChange(first)}>{add}</button>;
  return <span className="words"><span>{label}</span><DurationWords value={value} onChange={(next) => onChange(next, label)} /><button type="button" className="word-button add" aria-label={t.without} onClick={() => onChange(undefined)}>×</button></span>;
}
