// A sequence with the workspace's words and the instant put in: which events each step means, and under which ids they are told.
import type { SequenceCondition } from "./kinds/sequence.ts";
import { roleMeant, selectorOf, type Around, type Selector } from "./role-events.ts";

type Given = SequenceCondition["steps"][number];

export interface PlannedSelector extends Selector {
  /** Events that it selects with the same text here tell the same thing. Empty: each its own. */
  readonly once: readonly string[];
}

export interface PlannedStep extends PlannedSelector {
  readonly gap: Given["gap"];
  readonly without: readonly PlannedSelector[];
}

export interface SequencePlan extends Pick<SequenceCondition, "strict" | "within" | "duration" | "same"> {
  readonly steps: readonly PlannedStep[];
  readonly then_not: (PlannedSelector & Pick<NonNullable<SequenceCondition["then_not"]>, "within">) | undefined;
  /** What must not happen between steps or after them. */
  readonly unwanted: readonly PlannedSelector[];
  readonly selectors: readonly PlannedSelector[];
}

/** Throws an Error where a role has no events. */
export function planOfSequence({ steps: given, then_not: never, strict, within, duration, same }: SequenceCondition, around: Around): SequencePlan {
  const steps = given.map((step) => ({ ...planned(step, around), gap: step.gap, without: (step.without ?? []).map((each) => planned(each, around)) }));
  const afterwards = never && { ...planned(never, around), within: never.within };
  const unwanted = [...steps.flatMap(({ without }) => without), ...(afterwards === undefined ? [] : [afterwards])];
  return { strict, within, duration, same, steps, then_not: afterwards, unwanted, selectors: [...steps, ...unwanted] };
}

function planned(given: Pick<Given, "event" | "where">, around: Around): PlannedSelector {
  return { ...selectorOf(given, around), once: roleMeant(given.event, around.words)?.properties["order_id"] ?? [] };
}

/** Of the events that matter; undefined: every event does. */
export function eventsPlanned({ strict, selectors }: SequencePlan): readonly string[] | undefined {
  return strict === true ? undefined : [...new Set(selectors.flatMap(({ event }) => event))];
}
