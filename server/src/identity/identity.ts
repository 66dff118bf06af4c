// The door to identity resolution: who is who, decided from the identifiers that events carry, in log order. Everything
// here is pure: what it knows of the world is an IdentityState, and what it decides is a change to it, with reasons.
export { identifierKey, profileIdOf } from "./identifier-key.ts";
export { compileIdentityRules, type CompiledNamespace, type IdentityRules } from "./rules.ts";
export { createFindIdentifier, type FindIdentifier, type KnownIdentifier } from "./find-identifier.ts";
export { normaliseIdentifier, type InvalidReason, type Normalised } from "./normalise-identifier.ts";
export {
  extractIdentifiers, previousIdentifiers, type EventIdentifier, type ExtractContext, type Extracted, type IdentifierNote,
} from "./extract-identifiers.ts";
export { createKnownIdentifiers, type KnownIdentifiers } from "./known-identifiers.ts";
export type { IgnoredIdentifier, ResolveInput, Trust } from "./candidates.ts";
export { resolve, type MergeStep, type Resolution } from "./resolve.ts";
export type { RefusalReason } from "./refusal.ts";
export { memoryIdentityState, type MemoryIdentityState } from "./memory-identity-state.ts";
export type { Edge, IdentifierState, IdentityState, PersonState } from "./identity-state.ts";
export {
  comparePeople, replay, type PartitionChange, type PeopleChange, type Replayed, type ReplayOptions, type Splits,
} from "./replay.ts";
export { markSplit, splitSides, type SplitSides } from "./split-sides.ts";
