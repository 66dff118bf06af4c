// Sending again: first how much that is.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ReplayAsked, ReplayWish } from "@tributary/schema/api/deliveries.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { destinationPath } from "./queries.ts";

const t = texts.deliveries.problems;

export function ReplayDialog({ slug, wish, onClose }: { readonly slug: string; readonly wish: ReplayWish; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const path = `${destinationPath(slug)}/replays`;
  const asked = useQuery({ queryKey: ["destinations", "one", slug, "replay", wish], queryFn: () => change<ReplayAsked>("POST", path, { ...wish, dry_run: true }), staleTime: 0, gcTime: 0 });
  const replay = useMutation({
    mutationFn: () => change<ReplayAsked>("POST", path, wish),
    onSuccess: async ({ matching }) => {
      toast({ text: t.replaying(matching) });
      onClose();
      await client.invalidateQueries({ queryKey: ["destinations", "one", slug] });
    },
  });
  const matching = asked.data?.matching ?? 0;
  return (
    <AskDialog title={t.replayTitle} error={replay.error} onClose={onClose}
      action={<Button disabled={matching === 0} loading={replay.isPending} onClick={() => replay.mutate()}>{t.replay(matching)}</Button>}
    >
      {asked.error ? <ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {asked.isPending ? <><Bar width={90} /><Bar width={60} /></> : null}
      {asked.data ? <><p>{t.replayText(matching)}</p>{matching === 0 ? null : <p className="dim">{t.replayRule}</p>}</> : null}
    </AskDialog>
  );
}
