// Identity held in plain maps: for previews, replays of one component, and tests. The pipeline's own state answers the
// same contract from Postgres.
import type { Edge, IdentifierState, IdentityState, PersonState } from "./identity-state.ts";

export interface MemoryIdentityState extends IdentityState {
  readonly identifiers: ReadonlyMap<string, IdentifierState>;
  readonly people: ReadonlyMap<string, PersonState>;
  readonly edges: ReadonlyMap<string, Edge>;
}

export function memoryIdentityState(): MemoryIdentityState {
  const identifiers = new Map<string, IdentifierState>();
  const people = new Map<string, PersonState>();
  const edges = new Map<string, Edge>();
  return {
    identifiers,
    people,
    edges,
    identifier: (key) => identifiers.get(key),
    person: (id) => people.get(id),
    addIdentifier: (identifier) => void identifiers.set(identifier.key, identifier),
    addPerson: (person) => void people.set(person.id, person),
    removePerson: (id) => void people.delete(id),
    isOnlyClaimed: (a, b) => edges.has(edgeKey("claimed", a, b)) && !edges.has(edgeKey("seen", a, b)),
    addEdge(edge) {
      const key = edgeKey(edge.kind, edge.a, edge.b);
      if (edges.has(key)) return false;
      edges.set(key, edge);
      return true;
    },
  };
}

function edgeKey(kind: Edge["kind"], a: string, b: string): string {
  return `${kind}|${a}|${b}`;
}
