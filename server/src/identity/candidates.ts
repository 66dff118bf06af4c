// What of an event takes part in deciding whose it is: sets aside shared identifiers and mere claims, and adds what an
// `alias` call states. Reads the state and changes nothing.
import type { EventIdentifier } from "./extract-identifiers.ts";
import type { IdentifierState, IdentityState, PersonState } from "./identity-state.ts";
import type { CompiledNamespace, IdentityRules } from "./rules.ts";

/** How far the event's word about the person is believed: `query_string` and `unsigned` events only claim. */
export type Trust = "full" | "query_string" | "unsigned";

export interface ResolveInput {
  readonly workspaceId: number;
  readonly rowId: number;
  readonly sourceId: number;
  readonly atMs: number;
  /** The call type; `identify` and `alias` state who someone is, the others only mention it. */
  readonly type: string;
  readonly trust: Trust;
  /** In deciding order, as `extractIdentifiers` gives them. */
  readonly identifiers: readonly EventIdentifier[];
  /** For `alias`, as `previousIdentifiers` gives them; empty otherwise. */
  readonly previous: readonly EventIdentifier[];
}

export interface IgnoredIdentifier {
  readonly key: string;
  readonly reason: "shared" | "untrusted" | "unknown_namespace";
}

/** An identifier of the event that takes part, with what is known of it. */
export interface Candidate {
  readonly id: EventIdentifier;
  readonly rule: CompiledNamespace;
  known: IdentifierState | undefined;
  /** Stated to be the same person by an `alias` call. */
  readonly byAlias: boolean;
}

/** The event's identifiers by the part they play, each list in deciding order. */
export interface Sorted {
  readonly active: Candidate[];
  readonly shared: Candidate[];
  readonly claimed: Candidate[];
}

/** Appends to `ignored` what is set aside, with the reason. */
export function sortOut(
  input: ResolveInput, rules: IdentityRules, state: IdentityState, ignored: IgnoredIdentifier[],
): Sorted {
  const sorted: Sorted = { active: [], shared: [], claimed: [] };
  for (const id of input.identifiers) {
    const rule = rules.byName.get(id.namespace);
    if (rule === undefined) {
      ignored.push({ key: id.key, reason: "unknown_namespace" });
      continue;
    }
    const candidate: Candidate = { id, rule, known: state.identifier(id.key), byAlias: false };
    if (isClaimed(id, rule, input, rules, state)) {
      sorted.claimed.push(candidate);
      ignored.push({ key: id.key, reason: "untrusted" });
    } else if (candidate.known?.shared) {
      sorted.shared.push(candidate);
      ignored.push({ key: id.key, reason: "shared" });
    } else sorted.active.push(candidate);
  }
  return sorted;
}

/**
 * Whether the event only claims this identifier. Events that are not fully trusted claim every identifier of a person.
 * Such a claim stays behind in the browser (analytics.js stores the user id and sends it with every later call), so a
 * pair of person and device that was only ever claimed stays a claim until an `identify` or `alias` states it.
 */
export function isClaimed(
  id: EventIdentifier, rule: CompiledNamespace | undefined, input: ResolveInput, rules: IdentityRules, state: IdentityState,
): boolean {
  if (rule === undefined || rule.isDevice) return false;
  if (input.trust !== "full") return true;
  if (input.type === "identify" || input.type === "alias") return false;
  for (const other of input.identifiers) {
    if (other === id || !rules.byName.get(other.namespace)?.isDevice) continue;
    if (id.key < other.key ? state.isOnlyClaimed(id.key, other.key) : state.isOnlyClaimed(other.key, id.key)) return true;
  }
  return false;
}

/** An event that so much as claims to be a suppressed person is treated as theirs: its payload holds their data. */
export function suppressedClaim(claimed: readonly Candidate[], state: IdentityState): PersonState | null {
  for (const { known } of claimed) {
    const person = known?.profileId ? state.person(known.profileId) : undefined;
    if (person?.suppressed) return person;
  }
  return null;
}

/**
 * Adds what an `alias` call says the person was known by before, right behind the hub. The previous id may be a user id
 * or an anonymous id: those that somebody has count; if nobody has either, both are tied to the person, so that the
 * statement also holds for events that arrive after it. Without a user id to tie it to, the call states nothing.
 */
export function withPrevious(
  input: ResolveInput, active: readonly Candidate[], rules: IdentityRules, state: IdentityState,
): readonly Candidate[] {
  if (input.previous.length === 0 || !active.some(({ id }) => id.namespace === "user_id")) return active;
  const has = (key: string): boolean => active.some(({ id }) => id.key === key);
  if (input.previous.some((id) => id.namespace === "user_id" && has(id.key))) return active;
  const known = input.previous.filter((id) => {
    const found = state.identifier(id.key);
    return has(id.key) || found?.profileId || found?.shared;
  });
  const stated: Candidate[] = [];
  for (const id of known.length > 0 ? known : input.previous) {
    const rule = rules.byName.get(id.namespace);
    const found = state.identifier(id.key);
    if (rule && !found?.shared) stated.push({ id, rule, known: found, byAlias: true });
  }
  const rest = active.filter(({ id }) => !stated.some((other) => other.id.key === id.key));
  const [hub, ...others] = rest;
  return hub === undefined ? stated : [hub, ...stated, ...others];
}
