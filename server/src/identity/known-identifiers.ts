// What values of events were brought to lately: the same people send again and again, and each of their identifiers costs a
// normalisation and a hash. What is found here is also the same text as before, so that whoever holds it by its key need not
// compare it letter by letter. Two generations of bounded size: what is not met in the time of one is forgotten.
import type { EventIdentifier } from "./extract-identifiers.ts";
import type { CompiledNamespace } from "./rules.ts";

export interface KnownIdentifiers {
  of(rule: CompiledNamespace, raw: string): EventIdentifier | undefined;
  keep(rule: CompiledNamespace, raw: string, identifier: EventIdentifier): void;
}

/** A rule is of one version of one workspace's settings, so nothing outlives those. */
type Generation = Map<CompiledNamespace, Map<string, EventIdentifier>>;

/** For one secret; `sizeMax`: values in one generation. */
export function createKnownIdentifiers(sizeMax = 16_384): KnownIdentifiers {
  let young: Generation = new Map();
  let old: Generation = new Map();
  let size = 0;

  function keep(rule: CompiledNamespace, raw: string, identifier: EventIdentifier): void {
    if (size >= sizeMax) {
      old = young;
      young = new Map();
      size = 0;
    }
    let values = young.get(rule);
    if (!values) young.set(rule, (values = new Map()));
    values.set(raw, identifier);
    size++;
  }

  return {
    of(rule, raw) {
      const known = young.get(rule)?.get(raw);
      if (known) return known;
      const older = old.get(rule)?.get(raw);
      if (older) keep(rule, raw, older);
      return older;
    },
    keep,
  };
}
