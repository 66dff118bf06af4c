// Changing a source: seen at once, taken back when the server refuses, and undone by one click where that is possible.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { SourceAnswer, SourcePatch } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { toast } from "../../ui/toast.tsx";
import { patched } from "./patched-source.ts";
import { sourceListQuery } from "./queries.ts";

const t = texts.sources;

export interface SourceChange {
  readonly patch: SourcePatch;
  /** What has been done, for the toast. */
  readonly said: string;
  /** Brings back what was; without it nothing does. */
  readonly undo?: SourcePatch;
}

export function useSourceChange(source: SourceAnswer) {
  const client = useQueryClient();
  const show = (shown: (one: SourceAnswer) => SourceAnswer): void => {
    client.setQueryData(sourceListQuery.queryKey, (sources) => sources?.map((one) => (one.id === source.id ? shown(one) : one)));
  };
  const mutation = useMutation({
    mutationFn: ({ patch }: SourceChange) => change<SourceAnswer>("PATCH", `/sources/${source.id}`, patch),
    onMutate: async ({ patch }) => {
      await client.cancelQueries({ queryKey: sourceListQuery.queryKey });
      const before = client.getQueryData(sourceListQuery.queryKey);
      show((one) => patched(one, patch));
      return { before };
    },
    onError: (error, _, context) => {
      client.setQueryData(sourceListQuery.queryKey, context?.before);
      toast({ text: t.notChanged(error.message), tone: "bad" });
    },
    onSuccess: (answer, { said, undo }) => {
      // It is one more than a source: with the receipt of its change.
      show((one) => ({ ...one, ...answer }));
      toast({ text: said, ...(undo && { onUndo: () => mutation.mutate({ patch: undo, said: t.undone }) }) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: sourceListQuery.queryKey }),
  });
  return mutation;
}
