// Control records: everything but events that changes what the pipeline decides. They stand in the event log, in order
// with the events, so that the same log always gives the same state.
import { z } from "zod";
import { workspaceSettings, sourceSettings } from "./settings.ts";

/** An identifier as it is written in addresses: `namespace:value`, the value already normalised. */
export const identifierRef = z.object({ namespace: z.string().min(1), value: z.string().min(1) });
export type IdentifierRef = z.infer<typeof identifierRef>;

/** What stood there before, so that another record can bring it back: null where there was nothing; and which record this one undoes. */
const madeAtDesk = { previous: z.record(z.string(), z.unknown()).optional(), undoes: z.int().optional() };

export const controlAction = z.discriminatedUnion("kind", [
  /** The workspace's rules from here on: identity, consent, bots, limits. */
  z.object({ kind: z.literal("workspace.set"), settings: workspaceSettings }),
  /** What the pipeline must know of one source from here on. */
  z.object({ kind: z.literal("source.set"), sourceId: z.int(), settings: sourceSettings }),
  /** Split a person in two: these identifiers on one side, all its others on the other; they never meet again. */
  z.object({ kind: z.literal("profile.unmerge"), profileId: z.guid(), identifiers: z.array(identifierRef).min(1) }),
  /** From here on nothing is folded or sent for this person, and look-ups answer 404. With `forget` every destination is told to delete them, too. */
  z.object({ kind: z.literal("profile.suppress"), profileId: z.guid(), forget: z.literal(true).optional() }),
  /** Traits set by hand; null removes one. */
  z.object({ kind: z.literal("profile.edit"), profileId: z.guid(), traits: z.record(z.string(), z.unknown()), ...madeAtDesk }),
  /** A consent decision that came by the API. */
  z.object({ kind: z.literal("profile.consent"), profileId: z.guid(), categories: z.record(z.string(), z.boolean()), atMs: z.int(), ...madeAtDesk }),
  /** Sets the events of an import aside and folds the people it touched again. */
  z.object({ kind: z.literal("import.withdraw"), importId: z.int() }),
  /** Writes merges into the rows of the event table; the program asks for it itself, and nobody's answers change by it. */
  z.object({ kind: z.literal("overrides.fold") }),
  /** Removes rows of the event table that are older than the workspace keeps them; the program asks for it itself. */
  z.object({ kind: z.literal("events.expire") }),
  /** From here on nothing of this workspace is decided, and all that was goes. */
  z.object({ kind: z.literal("workspace.remove") }),
]);
export type ControlAction = z.infer<typeof controlAction>;
