// What the graph of one person draws: nodes and lines, from the API's answer. Many of one kind become one node that opens. Pure.
import type { ExplainedMerge, GraphEdge, GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";

/** Up to this many identifiers each has a node of its own. */
export const CLUSTERS_ABOVE = 40;
/** Of a kind, so few are never put together. */
const CLUSTER_MIN = 5;
/** Of an opened kind, so many are drawn; the table has all. */
export const OPENED_MAX = 24;

export interface GraphNode {
  readonly id: string;
  /** `other`: somebody else's, or nobody's. `shared`: set aside, so not a bridge. */
  readonly kind: "own" | "other" | "shared";
  readonly namespace: string;
  readonly members: readonly GraphIdentifier[];
  /** One node for several; opens by this name. */
  readonly cluster?: string;
}

export type LineKind = "joined" | "merged" | "claimed" | "refused" | "cut";

export interface GraphLine {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly kind: LineKind;
  /** Events that both ends stand in together; of several edges the sum. */
  readonly events: number;
  /** The edges that it stands for; none where a line was drawn between identifiers that were never seen together. */
  readonly edges: readonly GraphEdge[];
  /** Merged: when. Cut: when the line was drawn, where that is known. */
  readonly at?: string;
  /** Why it does not join: a reason of the API. */
  readonly reason?: string;
}

export interface GraphModel {
  readonly nodes: readonly GraphNode[];
  readonly lines: readonly GraphLine[];
  /** Kinds that are drawn as one node. */
  readonly clusters: number;
}

export function modelOf(graph: IdentityGraph, opened: ReadonlySet<string>): GraphModel {
  const nodes = nodesOf(graph, opened);
  const nodeOf = new Map(nodes.flatMap((node) => node.members.map((member) => [member.key, node.id] as const)));
  const between = new Map<string, { a: string; b: string; edges: GraphEdge[] }>();
  for (const edge of graph.edges) {
    const [a, b] = [nodeOf.get(edge.a), nodeOf.get(edge.b)];
    if (a === undefined || b === undefined || a === b) continue;
    const [low, high] = a < b ? [a, b] : [b, a];
    const id = `${low}~${high}`;
    const line = between.get(id);
    if (line) line.edges.push(edge);
    else between.set(id, { a: low, b: high, edges: [edge] });
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const facts = factsOf(graph);
  const lines = [...between].map(([id, { a, b, edges }]): GraphLine => ({
    id, a, b, edges, events: eventsOf(edges), ...meaningOf(edges, facts, byId.get(a)?.kind === "own" && byId.get(b)?.kind === "own"),
  }));
  return { nodes, lines: [...lines, ...bareCuts(graph, nodes, lines, facts)], clusters: nodes.filter((node) => node.cluster !== undefined).length };
}

/** A repeat of kinds in one event makes several edges of it; the largest says in how many events the two ends met. */
function eventsOf(edges: readonly GraphEdge[]): number {
  const kinds = new Map<string, number>();
  for (const { a, b, events } of edges) kinds.set(`${a}${b}`, events ?? 0);
  return [...kinds.values()].reduce((sum, events) => sum + events, 0);
}

function nodesOf(graph: IdentityGraph, opened: ReadonlySet<string>): GraphNode[] {
  const all = [
    ...graph.identifiers.map((member) => ({ member, kind: "own" as const })),
    ...graph.neighbours.map((member) => ({ member, kind: member.shared ? ("shared" as const) : ("other" as const) })),
  ];
  const groups = Map.groupBy(all, ({ member, kind }) => `${kind}:${member.namespace}`);
  return [...groups].flatMap(([name, group]): GraphNode[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, member: { namespace } } = first;
    const single = ({ member }: (typeof group)[number]): GraphNode => ({ id: member.key, kind, namespace, members: [member] });
    const drawn = all.length <= CLUSTERS_ABOVE || group.length <= CLUSTER_MIN ? group.length : opened.has(name) ? OPENED_MAX : 0;
    const rest = group.slice(drawn).map(({ member }) => member);
    return [...group.slice(0, drawn).map(single), ...(rest.length > 0 ? [{ id: name, kind, namespace, members: rest, cluster: name }] : [])];
  });
}

interface Facts {
  /** Edges of these rows joined two people. */
  readonly mergedBy: ReadonlyMap<number, ExplainedMerge>;
  readonly refusedBy: ReadonlyMap<number, ExplainedMerge>;
  /** What was refused of an identifier, the latest of it. */
  readonly refusedOf: ReadonlyMap<string, ExplainedMerge>;
  readonly sides: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly cutAt: ReadonlyMap<number, string>;
  readonly identifiers: ReadonlyMap<string, GraphIdentifier>;
}

function factsOf(graph: IdentityGraph): Facts {
  const sides = new Map<string, Map<number, number>>();
  for (const { identifier_key, split_id, side } of graph.cannot_link) {
    const of = sides.get(identifier_key) ?? new Map<number, number>();
    sides.set(identifier_key, of.set(split_id, side));
  }
  const merges = graph.merges.filter(({ kind }) => kind === "merge");
  return {
    mergedBy: new Map(merges.map((entry) => [entry.row_id, entry])),
    refusedBy: new Map(graph.refusals.filter(({ kind }) => kind === "refused").map((entry) => [entry.row_id, entry])),
    refusedOf: new Map(graph.refusals.toReversed().flatMap((entry) => (entry.identifier ? [[nameOf(entry.identifier), entry] as const] : []))),
    sides,
    cutAt: new Map(graph.merges.filter(({ kind }) => kind === "unmerge").map((entry) => [entry.row_id, entry.at])),
    identifiers: new Map([...graph.identifiers, ...graph.neighbours].map((one) => [one.key, one])),
  };
}

const nameOf = ({ namespace, value }: { readonly namespace: string; readonly value: string }): string => `${namespace}:${value}`;

/** The unmerge that put the two on different sides. */
function splitBetween(a: string, b: string, { sides }: Facts): number | undefined {
  for (const [split, side] of sides.get(a) ?? []) {
    const other = sides.get(b)?.get(split);
    if (other !== undefined && other !== side) return split;
  }
  return undefined;
}

/** The merge that an edge's first event caused by one of its ends. */
function mergeBy({ a, b, row_id }: GraphEdge, { mergedBy, identifiers }: Facts): ExplainedMerge | undefined {
  const merge = mergedBy.get(row_id);
  const by = merge?.identifier;
  if (!by) return merge;
  return [a, b].some((key) => identifiers.get(key)?.namespace === by.namespace && identifiers.get(key)?.value === by.value) ? merge : undefined;
}

function meaningOf(edges: readonly GraphEdge[], facts: Facts, isWithin: boolean): Pick<GraphLine, "kind" | "at" | "reason"> {
  if (isWithin) {
    const merge = edges.map((edge) => mergeBy(edge, facts)).find((entry) => entry !== undefined);
    if (merge) return { kind: "merged", at: merge.at };
    return { kind: edges.every(({ kind }) => kind === "claimed") ? "claimed" : "joined" };
  }
  for (const { a, b } of edges) {
    const split = splitBetween(a, b, facts);
    const at = split === undefined ? undefined : facts.cutAt.get(split);
    if (split !== undefined) return { kind: "cut", reason: "cannot_link", ...(at === undefined ? {} : { at }) };
  }
  const ends = edges.flatMap(({ a, b }) => [facts.identifiers.get(a), facts.identifiers.get(b)]);
  if (edges.every(({ kind }) => kind === "claimed")) return { kind: "claimed", reason: "untrusted" };
  if (ends.some((one) => one?.shared)) return { kind: "refused", reason: "shared" };
  if (edges.some(({ kind }) => kind === "link")) return { kind: "refused", reason: "isolated" };
  const refusal = edges.map(({ row_id }) => facts.refusedBy.get(row_id)).find((entry) => entry !== undefined)
    ?? ends.map((one) => (one ? facts.refusedOf.get(nameOf(one)) : undefined)).find((entry) => entry !== undefined);
  return { kind: "refused", reason: refusal?.reason ?? "apart" };
}

/** Lines that an unmerge drew and that no edge shows: from each node across it to the strongest one on this side. */
function bareCuts(graph: IdentityGraph, nodes: readonly GraphNode[], lines: readonly GraphLine[], facts: Facts): GraphLine[] {
  const tied = new Set(lines.flatMap(({ a, b }) => [a, b]));
  return nodes.filter(({ id, kind }) => kind !== "own" && !tied.has(id)).flatMap((node): GraphLine[] => {
    const own = nodes.find((one) => one.kind === "own" && one.members.some((mine) => node.members.some((theirs) => splitBetween(mine.key, theirs.key, facts) !== undefined)));
    return own ? [{ id: `${own.id}~${node.id}`, a: own.id, b: node.id, kind: "cut", events: 0, edges: [], reason: "cannot_link" }] : [];
  });
}

/** The shortest way between two identifiers over events that joined them, as edges; undefined when there is none. */
export function pathBetween(graph: IdentityGraph, from: string, to: string): readonly GraphEdge[] | undefined {
  const own = new Set(graph.identifiers.map(({ key }) => key));
  const of = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) {
    if (!own.has(edge.a) || !own.has(edge.b) || edge.kind !== "seen") continue;
    for (const end of [edge.a, edge.b]) of.set(end, [...(of.get(end) ?? []), edge]);
  }
  const cameBy = new Map<string, GraphEdge | null>([[from, null]]);
  const queue = [from];
  for (let at = queue.shift(); at !== undefined && !cameBy.has(to); at = queue.shift()) {
    for (const edge of of.get(at) ?? []) {
      const next = edge.a === at ? edge.b : edge.a;
      if (cameBy.has(next)) continue;
      cameBy.set(next, edge);
      queue.push(next);
    }
  }
  if (!cameBy.has(to)) return undefined;
  const path: GraphEdge[] = [];
  let at = to;
  for (let edge = cameBy.get(at); edge; edge = cameBy.get(at)) {
    path.unshift(edge);
    at = edge.a === at ? edge.b : edge.a;
  }
  return path;
}
