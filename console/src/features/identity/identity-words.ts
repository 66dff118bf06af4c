// Why identifiers are one person, in words, from the evidence alone. Pure; the page draws the parts.
import type { EvidenceEvent, GraphEdge, GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.identity;

const peopleKinds: ReadonlySet<string> = new Set(["user_id", "email", "phone", "external_id"]);

export const isPersonal = (namespace: string): boolean => peopleKinds.has(namespace);

/** The word for a kind of identifier; its own name where we have none. */
export function kindWord(namespace: string, times = 1): string {
  const [one, many] = (Object.hasOwn(t.kinds, namespace) ? t.kinds[namespace] : undefined) ?? [namespace, namespace];
  return times === 1 ? one : many;
}

/** Whole when it is short; of ids that nobody reads, the beginning. */
export function shortValue({ namespace, value }: { readonly namespace: string; readonly value: string }, charactersMax = 24): string {
  const max = isPersonal(namespace) ? charactersMax + 8 : Math.min(charactersMax, 18);
  const characters = [...value];
  return characters.length > max ? `${characters.slice(0, max - 1).join("")}…` : value;
}

export function identifierWords(identifier: { readonly namespace: string; readonly value: string }): string {
  return `${kindWord(identifier.namespace)} ${shortValue(identifier)}`;
}

export type StoryKind = "began" | "signedIn" | "seen" | "together";

/** One sentence of the story: at one event, what came together. */
export interface StoryStep {
  readonly row: number;
  readonly kind: StoryKind;
  readonly at: string;
  readonly sourceId: number;
  readonly event: EvidenceEvent | null;
  readonly devices: readonly GraphIdentifier[];
  readonly people: readonly GraphIdentifier[];
  /** How many people the event made into one more. */
  readonly merges: number;
}

/** In the order of the log: where it began, and each event that tied something to it. */
export function storyOf(graph: IdentityGraph): readonly StoryStep[] {
  const own = new Map(graph.identifiers.map((identifier) => [identifier.key, identifier]));
  const joining = graph.edges.filter((edge) => edge.kind === "seen" && own.has(edge.a) && own.has(edge.b)).toSorted((a, b) => a.row_id - b.row_id);
  const merges = Map.groupBy(graph.merges.filter(({ kind }) => kind === "merge"), ({ row_id }) => row_id);
  const told = new Set<string>();
  const steps = [...Map.groupBy(joining, ({ row_id }) => row_id).values()].flatMap((edges): StoryStep[] => {
    const keys = new Set(edges.flatMap(({ a, b }) => [a, b]));
    const [first] = edges;
    const merged = (first && merges.get(first.row_id)?.length) ?? 0;
    // An event that ties what is told already tells nothing new.
    const isNews = merged > 0 || [...keys].some((key) => !told.has(key));
    for (const key of keys) told.add(key);
    return first && isNews ? [stepOf(first, [...keys].flatMap((key) => own.get(key) ?? []), merged)] : [];
  });
  const beginning = graph.identifiers.toSorted((a, b) => a.row_id - b.row_id)[0];
  const isInStory = beginning === undefined || steps.some(({ row }) => row === beginning.row_id);
  return alikeTogether(isInStory || steps.length === 0 ? steps : [begun(beginning), ...steps]);
}

/** From so many steps on, those that say the same of one device after another become one. */
const STEPS_TOLD_SINGLY = 12;

function alikeTogether(steps: readonly StoryStep[]): readonly StoryStep[] {
  if (steps.length <= STEPS_TOLD_SINGLY) return steps;
  const told: StoryStep[] = [];
  for (const step of steps) {
    const last = told.at(-1);
    if (last && step.merges === 0 && last.merges === 0 && step.kind !== "began" && sayOf(last) === sayOf(step)) told[told.length - 1] = { ...last, devices: [...last.devices, ...step.devices] };
    else told.push(step);
  }
  return told;
}

function sayOf({ kind, sourceId, event, people }: StoryStep): string {
  return JSON.stringify([kind, sourceId, event && eventName(event), people.map(({ key }) => key).sort()]);
}

function begun(identifier: GraphIdentifier): StoryStep {
  const { row_id: row, first_seen_at: at, source_id: sourceId } = identifier;
  const isOne = isPersonal(identifier.namespace);
  return { row, kind: "began", at, sourceId, event: null, devices: isOne ? [] : [identifier], people: isOne ? [identifier] : [], merges: 0 };
}

function stepOf(edge: GraphEdge, identifiers: readonly GraphIdentifier[], merges: number): StoryStep {
  const people = identifiers.filter(({ namespace }) => isPersonal(namespace)).toSorted((a, b) => Number(b.namespace === "user_id") - Number(a.namespace === "user_id"));
  const devices = identifiers.filter(({ namespace }) => !isPersonal(namespace));
  const isSignIn = devices.length > 0 && people.some(({ namespace }) => namespace === "user_id");
  const kind = devices.length === 0 || people.length === 0 ? "together" : isSignIn ? "signedIn" : "seen";
  return { row: edge.row_id, kind, at: edge.first?.at ?? edge.at, sourceId: edge.source_id, event: edge.first, devices, people, merges };
}

/** What an event is called. */
export function eventName(event: EvidenceEvent | null): string {
  return event === null ? t.story.unknownEvent : event.event || event.type;
}
