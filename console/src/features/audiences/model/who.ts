// Conditions by themselves, within something that is no audience: who keeps them knows them only as they are written, yet rows stay the
// same rows while they are edited. Pure, but for remembering.
import { draftOf, writeNode, type Draft, type GroupNode, type Written } from "./draft.ts";

/** The draft from which conditions were written, or as which they were read. */
const drafts = new WeakMap<object, Draft>();

/** Undefined where they can't be read as conditions. */
export function draftOfWho(who: unknown): Draft | undefined {
  if (typeof who !== "object" || who === null) return undefined;
  const known = drafts.get(who) ?? draftOf({ who });
  if (known !== undefined) drafts.set(who, known);
  return known;
}

/** As it is written; asked for it, `draftOfWho` gives the same draft. */
export function keepWho(draft: Draft): object {
  const { who } = writeWho(draft.root);
  drafts.set(who, draft);
  return who;
}

export interface WrittenWho {
  readonly who: object;
  readonly places: Written["places"];
}

/** Conditions alone: one by itself is written without a group around it. */
export function writeWho(root: GroupNode): WrittenWho {
  const places = new Map<string, string>();
  const [only] = root.children;
  const node = root.how === "all" && root.children.length === 1 && only !== undefined ? only : root;
  return { who: writeNode(node, "", places), places };
}
