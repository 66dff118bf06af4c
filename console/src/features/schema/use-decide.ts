// Decisions about fields. One shows at once and goes back when the server refuses it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FieldChange, ObservedField } from "@tributary/schema/api/observed.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { toast } from "../../ui/toast.tsx";
import type { FieldsAnswer } from "./queries.ts";
import { keyOf } from "./schema-search.ts";

const CHANGES_MAX = 500;

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
