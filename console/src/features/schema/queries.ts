// What arrived, and decisions about it. A decision shows at once and goes back when the server refuses it; rows stay where they
// are until the page is left, so that nothing moves under whoever decides one after the other.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { FieldChange, ObservedEvent, ObservedEventDetail, ObservedEventList, ObservedField, ObservedFieldList, ObservedTraits } from "@tributary/schema/api/observed.ts";
import { change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { toast } from "../../ui/toast.tsx";
import { keyOf } from "./schema-search.ts";

const PAGE = 1_000;
const CHANGES_MAX = 500;
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

export type Decide = (changes: readonly FieldChange[], said?: { readonly text: string; readonly undo?: readonly FieldChange[] }) => void;

/** Changes fields in every answer that holds them, then on the server. */
export function useDecide(): Decide {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: async (changes: readonly FieldChange[]) => {
      for (let from = 0; from < changes.length; from += CHANGES_MAX) await change("PUT", "/schema/fields", { fields: changes.slice(from, from + CHANGES_MAX) });
    },
    onMutate: async (changes) => {
      await client.cancelQueries({ queryKey: ["schema", "fields"] });
      const before = client.getQueriesData<FieldsAnswer>({ queryKey: ["schema", "fields"] });
      const byKey = new Map(changes.map((one) => [keyOf(one), one]));
      client.setQueriesData<FieldsAnswer>({ queryKey: ["schema", "fields"] }, (answer) => answer && { ...answer, fields: answer.fields.map((field) => changed(field, byKey.get(keyOf(field)))) });
      return before;
    },
    onError: (error, _, before) => {
      for (const [key, answer] of before ?? []) client.setQueryData(key, answer);
      toast({ tone: "bad", text: texts.schema.notSaved(error.message) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["schema", "events"] }),
  });
  const { mutate } = mutation;
  return (changes, said) => mutate(changes, {
    onSuccess: () => {
      const { undo } = said ?? {};
      if (said) toast({ text: said.text, ...(undo && { onUndo: () => mutate(undo) }) });
    },
  });
}

function changed(field: ObservedField, one: FieldChange | undefined): ObservedField {
  if (one === undefined) return field;
  return {
    ...field,
    ...(one.personal === undefined ? {} : { personal: one.personal, decided_by: one.personal === null ? "nobody" as const : "workspace" as const }),
    ...(one.kind === undefined ? {} : { kind: one.kind }),
    ...(one.description === undefined ? {} : { description: one.description }),
    ...(one.owner === undefined ? {} : { owner: one.owner }),
  };
}
