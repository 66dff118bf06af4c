// Taking an import back: first whom it touches, in numbers.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { WithdrawPreview } from "@tributary/schema/api/import-sample.ts";
import type { ImportState } from "@tributary/schema/import.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { valueText } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { importsKey } from "./queries.ts";

const t = texts.imports;

export function WithdrawDialog({ state, onClose }: { readonly state: ImportState; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const name = valueText(state.name, 60);
  const preview = useQuery({
    queryKey: [...importsKey, state.id, "withdraw"], queryFn: () => change<WithdrawPreview>("POST", `/imports/${state.id}/withdraw`, { dry_run: true }), staleTime: 0, gcTime: 0,
  });
  const withdraw = useMutation({
    mutationFn: () => change<{ readonly import: ImportState }>("POST", `/imports/${state.id}/withdraw`, {}),
    onSuccess: async ({ import: now }) => {
      toast({ text: now.status === "withdrawn" ? t.withdrawn(name) : t.withdrawing(name) });
      onClose();
      await client.invalidateQueries();
    },
  });
  return (
    <AskDialog title={t.withdrawTitle(name)} error={withdraw.error} onClose={onClose}
      action={<Button color="red" disabled={!preview.data} loading={withdraw.isPending} onClick={() => withdraw.mutate()}>{t.withdraw}</Button>}
    >
      {preview.error ? <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} /> : null}
      {preview.isPending ? <><Bar width={90} /><Bar width={60} /></> : null}
      {preview.data ? <><p>{t.withdrawText(preview.data.events, preview.data.people)}</p><p>{t.withdrawGone(preview.data.gone)}{preview.data.complete ? "" : ` ${t.withdrawAtLeast}`}</p></> : null}
    </AskDialog>
  );
}
