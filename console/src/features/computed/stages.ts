// Stages as they are edited: which object is which stage while they change and move, and what the server says of each.
import type { ComputedCheck } from "@tributary/schema/api/computed-traits.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { RowProblem } from "../audiences/builder/context.ts";
import { problemsByRow } from "../audiences/builder/row-problems.ts";
import { newId } from "../audiences/model/draft.ts";
import { draftOfWho, writeWho } from "../audiences/model/who.ts";
import type { Draft } from "./kinds.ts";

export interface Stage {
  readonly name: string;
  readonly when: unknown;
}

/** By the id of a stage, or of a row of its conditions. */
export type StageProblems = ReadonlyMap<string, readonly RowProblem[]>;

/** Undefined where what stands there can't be read as stages. */
export function stagesOf(draft: Draft): readonly Stage[] | undefined {
  const { stages } = draft;
  const isRead = Array.isArray(stages) && stages.every((one) => isRecord(one) && typeof one["name"] === "string" && draftOfWho(one["when"]) !== undefined);
  return isRead ? (stages as unknown as readonly Stage[]) : undefined; // Looked at just now.
}

const ids = new WeakMap<object, string>();

export function stageId(stage: Stage): string {
  const known = ids.get(stage) ?? newId();
  ids.set(stage, known);
  return known;
}

/** The same stage, with something of it changed. */
export function stageWith(stage: Stage, change: Partial<Stage>): Stage {
  const next = { ...stage, ...change };
  ids.set(next, stageId(stage));
  return next;
}

export const newStage = (): Stage => ({ name: "", when: { all: [] } });

/** Everybody would be in it: as good as never meant, and nobody behind it. */
export function hasNoCondition({ when }: Stage): boolean {
  return draftOfWho(when)?.root.children.length === 0;
}

export function stagesWithoutCondition(draft: Draft): number {
  return draft["kind"] === "stages" ? (stagesOf(draft) ?? []).filter(hasNoCondition).length : 0;
}

const ofStage = /^\/value\/stages\/(\d+)(\/name|\/when)?(?=\/|$)/;
const none: StageProblems = new Map();

/** What is said of a definition, at its stages and their rows; and what belongs to none of them. */
export function placeProblems(problems: ComputedCheck["problems"], draft: Draft): { readonly placed: StageProblems; readonly others: ComputedCheck["problems"] } {
  const stages = draft["kind"] === "stages" ? stagesOf(draft) : undefined;
  if (stages === undefined) return { placed: none, others: problems };
  const placed = new Map<string, readonly RowProblem[]>();
  const of = ({ path }: { readonly path: string }): Stage | undefined => stages[Number(ofStage.exec(path)?.[1] ?? Number.NaN)];
  for (const [stage, own] of Map.groupBy(problems, of)) {
    if (stage === undefined) continue;
    const isName = ({ path }: { readonly path: string }): boolean => ofStage.exec(path)?.[2] !== "/when";
    placed.set(stageId(stage), own.filter(isName).map(({ message, hint }) => ({ message, hint, isWarning: false })));
    for (const [id, rows] of conditionProblems(stage, own.filter((one) => !isName(one)))) placed.set(id, rows);
  }
  return { placed, others: problems.filter((one) => of(one) === undefined) };
}

function conditionProblems(stage: Stage, problems: ComputedCheck["problems"]): StageProblems {
  const draft = draftOfWho(stage.when);
  if (draft === undefined) return none;
  const moved = problems.map((one) => ({ ...one, path: one.path.replace(ofStage, "/who") }));
  const byRow = problemsByRow({ problems: moved, warnings: [] }, { places: writeWho(draft.root).places, definition: { who: stage.when } });
  // What is said of all conditions together has no row.
  const whole = byRow.get(draft.root.id);
  return whole === undefined ? byRow : new Map([...byRow, [stageId(stage), whole]]);
}
