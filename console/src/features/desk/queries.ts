// The desk of one person: read, and recorded at. Whatever is recorded can be undone for a while from the toast, and later from
// where it stands.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { DeskAnswer, DeskReceipt } from "@tributary/schema/api/desk.ts";
import { change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { toast } from "../../ui/toast.tsx";

const t = texts.desk;

export const deskQuery = (id: string) => queryOptions({
  queryKey: ["desk", id],
  queryFn: ({ signal }) => read<DeskAnswer>(`/profiles/${encodeURIComponent(id)}/desk`, {}, signal),
});

export interface Recording {
  /** Below the person's address: `/notes`. */
  readonly path: string;
  readonly body: unknown;
  /** What the toast says. */
  readonly done: string;
  readonly canUndo?: boolean;
}

/** Records something about the person; everything that shows it is read anew. */
export function useRecord(id: string) {
  const client = useQueryClient();
  const record = useMutation({
    mutationFn: ({ path, body }: Recording) => change<DeskReceipt>("POST", `/profiles/${encodeURIComponent(id)}${path}`, body),
    onSuccess: async (receipt, { done, canUndo = true }) => {
      const text = receipt.in_force === false ? t.notInForce : receipt.processed ? done : t.waiting;
      toast({ text, ...(canUndo ? { onUndo: () => undo(receipt.row_id) } : {}) });
      await Promise.all([["desk"], ["identity", "proposals"], ["profiles", "one"], ["profiles", "timeline", id], ["profiles", "history", id]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => toast({ text: error.message, tone: "bad" }),
  });
  const undo = (row: number): void => record.mutate({ path: "/undo", body: { row_id: row }, done: t.done.undone, canUndo: false });
  return { record, undo };
}
