// What arrived. Rows stay where they are until the page is left, so that nothing moves under whoever decides one after the other.
import { queryOptions } from "@tanstack/react-query";
import type { ObservedEvent, ObservedEventDetail, ObservedEventList, ObservedField, ObservedFieldList, ObservedTraits } from "@tributary/schema/api/observed.ts";
import { read } from "../../api.ts";

const PAGE = 1_000;
const REFRESH_MS = 15_000;

export interface FieldsAnswer {
  readonly fields: readonly ObservedField[];
  /** Of one event: its calls. */
  readonly calls?: readonly ObservedEvent[];
}

export const observedEventsQuery = queryOptions({
  queryKey: ["schema", "events"], queryFn: ({ signal }) => read<ObservedEventList>("/schema/events", {}, signal), refetchInterval: REFRESH_MS,
});

export const eventFieldsQuery = (event: string) => queryOptions({
  queryKey: ["schema", "fields", "event", event],
  queryFn: async ({ signal }): Promise<FieldsAnswer> => {
    const { calls, fields } = await read<ObservedEventDetail>(`/schema/events/${encodeURIComponent(event)}`, {}, signal);
    return { calls, fields };
  },
  staleTime: 60_000,
});

const readers = {
  /** Those to decide; what was decided meanwhile stays until the page is left. */
  decide: (signal: AbortSignal) => allFields({ undecided: "true" }, signal),
  traits: async (signal: AbortSignal): Promise<FieldsAnswer> => ({ fields: (await read<ObservedTraits>("/schema/traits", {}, signal)).data }),
  context: (signal: AbortSignal) => allFields({ place: "context" }, signal),
};

export const fieldsQuery = (tab: keyof typeof readers) => queryOptions({
  queryKey: ["schema", "fields", tab], staleTime: 60_000, queryFn: ({ signal }): Promise<FieldsAnswer> => readers[tab](signal), ...(tab === "decide" ? { gcTime: 0 } : {}),
});

async function allFields(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<FieldsAnswer> {
  const fields: ObservedField[] = [];
  for (let cursor: string | undefined; ;) {
    const page: ObservedFieldList = await read<ObservedFieldList>("/schema/fields", { ...query, limit: PAGE, cursor }, signal);
    fields.push(...page.data);
    if (page.next_cursor === null) return { fields };
    cursor = page.next_cursor;
  }
}
