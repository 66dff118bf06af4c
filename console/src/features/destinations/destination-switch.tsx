// Switching a destination on, which first says whom that sends, and off.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { DestinationChanged, DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { destinationPath } from "./queries.ts";

const t = texts.deliveries;

export function DestinationSwitch({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const { slug, name, enabled } = destination;
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const set = useMutation({
    mutationFn: (isOn: boolean) => change<DestinationChanged>("PATCH", destinationPath(slug), { enabled: isOn }),
    onError: (error) => { if (!isAsking) toast({ tone: "bad", text: error.message }); },
    onSuccess: async (_, isOn) => {
      setIsAsking(false);
      await client.invalidateQueries({ queryKey: ["destinations"] });
      toast({ text: isOn ? t.switchedOn(name) : t.switchedOff(name), ...(isOn ? {} : { onUndo: () => set.mutate(true) }) });
    },
  });
  if (enabled) return <Button variant="default" loading={set.isPending} onClick={() => set.mutate(false)}>{t.switchOff}</Button>;
  return (
    <>
      <Button onClick={() => setIsAsking(true)}>{t.switchOn}</Button>
      {isAsking ? <SwitchOn destination={destination} isPending={set.isPending} problem={set.error} onClose={() => setIsAsking(false)} onGo={() => set.mutate(true)} /> : null}
    </>
  );
}

interface SwitchOnProps {
  readonly destination: DestinationDetail;
  readonly isPending: boolean;
  readonly problem: Error | null;
  readonly onClose: () => void;
  readonly onGo: () => void;
}

function SwitchOn({ destination: { slug, name, subscriptions, problems }, isPending, problem, onClose, onGo }: SwitchOnProps): ReactNode {
  const asked = useQuery({
    queryKey: ["destinations", "one", slug, "switch-on"], queryFn: () => change<DestinationChanged>("PATCH", `${destinationPath(slug)}?dry_run=true`, { enabled: true }), enabled: problems.length === 0, staleTime: 0, gcTime: 0,
  });
  return (
    <AskDialog title={t.switchOnTitle(name)} error={problem} onClose={onClose}
      action={<Button disabled={!asked.data} loading={isPending} onClick={onGo}>{t.switchOn}</Button>}
    >
      {problems.length > 0 ? <><p>{t.notReady}</p><ul className="sdk-notes">{problems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.field === "" ? null : <span className="mono">{one.field}: </span>}{one.problem}</li>)}</ul></> : null}
      {asked.isLoading ? <Bar width={80} /> : null}
      {asked.error ? <ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {asked.data ? <p>{t.switchOnText(subscriptions.enabled)}</p> : null}
      {asked.data?.backfill.map((one) => <p key={one.subscription}>{t.backfill(one.name, one.audience, one.people, one.sent)}</p>)}
    </AskDialog>
  );
}
