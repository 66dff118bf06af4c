// Switches a subscription on and off: a switch where many stand together, a button on its own page. What would send something at
// once says so first.
import { Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { DestinationDetail, Subscription, SubscriptionChanged, SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { subscriptionPath } from "./queries.ts";
import { ProblemList } from "./subscription/problem-list.tsx";

const t = texts.subscriptions.switch;

interface Switched {
  readonly destination: Pick<DestinationDetail, "slug" | "name" | "enabled" | "has_test_people">;
  /** What keeps it from being switched on, where that is known already. */
  readonly subscription: Pick<Subscription, "id" | "name" | "kind" | "enabled"> & Partial<Pick<SubscriptionDetail, "problems">>;
}

interface SubscriptionSwitchProps extends Switched {
  /** Of a switch. Without one it is a button, and says first what it does. */
  readonly label?: string;
  /** What is in the editor is not what would be sent. */
  readonly hasChanged?: boolean;
}

export function SubscriptionSwitch({ destination, subscription, label, hasChanged = false }: SubscriptionSwitchProps): ReactNode {
  const { id, name, kind, enabled } = subscription;
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const sendsAtOnce = kind !== "events";
  const set = useMutation({
    mutationFn: (isOn: boolean) => change<SubscriptionChanged>("PATCH", subscriptionPath(destination.slug, id), { enabled: isOn }),
    onError: (error) => { if (!isAsking) toast({ tone: "bad", text: error.message }); },
    onSuccess: async (_, isOn) => {
      setIsAsking(false);
      await client.invalidateQueries({ queryKey: ["destinations"] });
      // Until the destination is on, nothing has begun or ended; and what would go out again is asked about again.
      if (destination.enabled) toast({ text: isOn ? t.isOn(name) : t.isOff(name), ...(isOn || sendsAtOnce ? {} : { onUndo: () => set.mutate(true) }) });
    },
  });
  const turn = (isOn: boolean): void => (isOn && (label === undefined || (destination.enabled && sendsAtOnce)) ? setIsAsking(true) : set.mutate(isOn));
  return (
    <>
      {label === undefined
        ? <Button variant="default" loading={set.isPending && !isAsking} disabled={!enabled && hasChanged} title={!enabled && hasChanged ? t.saveFirst : undefined} onClick={() => turn(!enabled)}>{enabled ? t.off : t.on}</Button>
        : <Switch size="sm" aria-label={label} checked={enabled} disabled={set.isPending} onChange={(event) => turn(event.currentTarget.checked)} />}
      {isAsking ? <SwitchOn destination={destination} subscription={subscription} isPending={set.isPending} problem={set.error} onClose={() => { set.reset(); setIsAsking(false); }} onGo={() => set.mutate(true)} /> : null}
    </>
  );
}

interface SwitchOnProps extends Switched {
  readonly isPending: boolean;
  readonly problem: Error | null;
  readonly onClose: () => void;
  readonly onGo: () => void;
}

function SwitchOn({ destination: { slug, name: destination, enabled, has_test_people: hasTestPeople }, subscription: { id, name, problems = [] }, isPending, problem, onClose, onGo }: SwitchOnProps): ReactNode {
  const asked = useQuery({
    queryKey: ["destinations", "one", slug, "subscription", id, "switch-on"], queryFn: () => change<SubscriptionChanged>("PATCH", `${subscriptionPath(slug, id)}?dry_run=true`, { enabled: true }),
    enabled: problems.length === 0, staleTime: 0, gcTime: 0,
  });
  return (
    <AskDialog title={t.title(name)} error={problem} onClose={onClose}
      action={<Button disabled={!asked.data} loading={isPending} onClick={onGo}>{t.on}</Button>}
    >
      {problems.length > 0 ? <><p>{t.notReady}</p><ProblemList all={problems} /></> : null}
      {asked.isLoading ? <Bar width={80} /> : null}
      {asked.error ? <ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {asked.data ? <p>{enabled ? whatGoes(asked.data) : t.destinationOff(destination)}</p> : null}
      {asked.data?.backfill.map((one) => <Backfill key={one.subscription} one={one} />)}
      {hasTestPeople ? <p>{t.testPeople}</p> : null}
    </AskDialog>
  );
}

function whatGoes({ subscription: { kind, definition: { trigger } }, backfill }: SubscriptionChanged): string {
  if (kind === "audience" && backfill.length > 0) return t.goesOn;
  return trigger.kind === "model" && trigger.backfill && trigger.mode !== "update" ? t.rowsAtOnce(trigger.model) : t.fromNow;
}

export function Backfill({ one: { audience, people, sent } }: { readonly one: SubscriptionChanged["backfill"][number] }): ReactNode {
  return <p><strong>{sent === 0 ? t.backfillNone(audience, people) : t.backfill(audience, people, sent)}</strong></p>;
}
