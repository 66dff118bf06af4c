// What arrives, as the editors need it: events by how often they come, the properties of chosen events, traits.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { eventFieldsQuery, fieldsQuery, observedEventsQuery } from "../../schema/queries.ts";
import { vocabularyQuery } from "../../settings/queries.ts";
import { isRole, namesOf, type EventRef } from "../model/condition.ts";

export interface EventName {
  readonly event: string;
  readonly count: number;
}

/** Names of events, the most frequent first; then those that are named by their type: `page`, `identify`. */
export function useEventNames(): readonly EventName[] | undefined {
  const { data } = useQuery(observedEventsQuery);
  return useMemo(() => {
    if (data === undefined) return undefined;
    const counts = new Map<string, number>();
    // What the sender named says more than the kind of call.
    for (const isNamed of [true, false]) {
      for (const { type, event, count } of data.data.filter((one) => (one.type === "track" && one.event !== "") === isNamed).toSorted((a, b) => b.count - a.count)) {
        const name = isNamed ? event : type;
        counts.set(name, (counts.get(name) ?? 0) + count);
      }
    }
    return [...counts].map(([event, count]) => ({ event, count }));
  }, [data]);
}

/** The names that an event condition means, those of the vocabulary put in. */
export function useNamesOf(event: EventRef): readonly string[] {
  const wanted = isRole(event) ? event.role : undefined;
  const { data } = useQuery({ ...vocabularyQuery, enabled: wanted !== undefined });
  return useMemo(() => (wanted === undefined ? namesOf(event) : (data?.roles.find(({ role }) => role === wanted)?.events.map((one) => one.event) ?? [])), [event, wanted, data]);
}

export interface EventFields {
  readonly fields: readonly ObservedField[];
  /** Paths of lists of objects. */
  readonly lists: readonly string[];
}

const EVENTS_READ_MAX = 6;

/** Properties of any of these events; of one name in several events, the most frequent tells its types. Of a name that never arrived there are none. */
export function useEventFields(names: readonly string[]): EventFields | undefined {
  const arrived = useEventNames();
  const asked = names.filter((name) => arrived?.some(({ event }) => event === name));
  const answers = useQueries({ queries: asked.slice(0, EVENTS_READ_MAX).map((name) => ({ ...eventFieldsQuery(name), retry: false })) });
  const isLoading = arrived === undefined || answers.some((one) => one.isPending);
  const all = answers.flatMap((one) => one.data?.fields ?? []);
  const key = all.map(({ event, path, count }) => `${event} ${path} ${count}`).join("\n");
  return useMemo(() => {
    if (isLoading && all.length === 0) return undefined;
    const byPath = new Map<string, ObservedField>();
    for (const field of all.toSorted((a, b) => b.count - a.count)) if (field.place === "property" && !byPath.has(field.path)) byPath.set(field.path, field);
    const fields = [...byPath.values()];
    return { fields, lists: fields.filter(({ types }) => types.some(({ type }) => type === "objects")).map(({ path }) => path) };
  }, [key, isLoading]);
}

export function useTraits(): readonly ObservedField[] | undefined {
  const { data } = useQuery(fieldsQuery("traits"));
  return useMemo(() => data && data.fields.filter(({ place }) => place === "trait").toSorted((a, b) => b.count - a.count), [data]);
}
