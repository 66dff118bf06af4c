// What an agent records about a person, as events of the source `console`. Pure: which events there are, and how each names
// its person without saying anything else of them. What an agent decides for the pipeline (a corrected trait, a consent) is a
// control record instead (decision 0020).
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { IdentitySettings } from "@tributary/schema/settings.ts";

export const deskEvents = {
  note: "Note Added",
  noteRemoved: "Note Removed",
  promise: "Promise Made",
  promiseKept: "Promise Kept",
  promiseBroken: "Promise Broken",
  promiseReopened: "Promise Reopened",
  promiseWithdrawn: "Promise Withdrawn",
  proposal: "Unmerge Proposed",
  proposalAccepted: "Unmerge Proposal Accepted",
  proposalDeclined: "Unmerge Proposal Declined",
  proposalWithdrawn: "Unmerge Proposal Withdrawn",
} as const;
export type DeskEventName = (typeof deskEvents)[keyof typeof deskEvents];
export const deskEventNames: readonly DeskEventName[] = Object.values(deskEvents);

export interface Author {
  /** As `actor` in the audit log. */
  readonly id: string;
  readonly name: string;
}

export interface DeskEvent {
  readonly name: DeskEventName;
  readonly messageId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly author: Author;
}

type Identifier = ProfileDocument["identifiers"][number];

/**
 * The call as it stands in the log; undefined when no identifier of the person can be written into an event. One identifier is
 * enough, and more would be a claim that they belong together. `taken`: keys that name nobody alone.
 */
export function deskCall(
  event: DeskEvent, identifiers: readonly Identifier[], identity: IdentitySettings, sharedKeys: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const rules = identity.namespaces.toSorted((a, b) => a.priority - b.priority);
  for (const rule of rules) {
    const identifier = identifiers.find(({ namespace, key }) => namespace === rule.name && !sharedKeys.has(key));
    const path = identifier && pathFor(rule.paths);
    if (identifier === undefined || path === undefined) continue;
    const call: Record<string, unknown> = {
      type: "track", event: event.name, messageId: event.messageId,
      properties: { ...event.properties, author_id: event.author.id, author_name: event.author.name },
      context: { library: { name: "tributary-console", version: "1" } },
    };
    setAt(call, path.split("."), identifier.value);
    return call;
  }
  return undefined;
}

/** Where an identifier says nothing else: `traits.email` of a track call is nobody's trait, `context.traits.email` would be. */
function pathFor(paths: readonly string[]): string | undefined {
  const usable = paths.filter((path) => !/(^|\.)(__proto__|constructor)(\.|$)/.test(path) && !/^(type|event|messageId)(\.|$)/.test(path));
  return usable.find((path) => !path.startsWith("context.") && !path.startsWith("properties.")) ?? usable.find((path) => !path.startsWith("context.traits.")) ?? usable[0];
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: string): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  if (rest.length === 0) {
    target[step] = value;
    return;
  }
  const held = target[step];
  const child: Record<string, unknown> = typeof held === "object" && held !== null ? { ...held } : {};
  target[step] = child;
  setAt(child, rest, value);
}
