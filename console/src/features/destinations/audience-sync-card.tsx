// An audience at a destination: who was told, everything sent anew with what it found, what difference it makes, and taking everybody away.
import { Button, Radio } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { SyncAsked, SyncShown, SyncState } from "@tributary/schema/api/audience-sync.ts";
import type { DestinationDetail, Subscription } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { syncQuery } from "./audience-sync-queries.ts";
import { subscriptionPath } from "./queries.ts";
import { HoldOutPanel } from "./hold-out-panel.tsx";

const t = texts.audienceSync;

interface Of {
  readonly destination: DestinationDetail;
  readonly subscription: Subscription;
}

export function AudienceSyncCard(of: Of): ReactNode {
  const { destination, subscription } = of;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const state = useQuery(syncQuery(destination.slug, subscription.id));
  const mayChange = may(session, "write") && destination.status === "active";
  return (
    <Card title={t.title(subscription.name)} actions={mayChange && state.data ? <Actions {...of} state={state.data} /> : undefined}>
      {state.error && !state.data ? <ProblemNotice problem={state.error} onRetry={() => void state.refetch()} /> : null}
      {state.data ? (
        <div className="stack-wide">
          <p>{t.told(state.data.told, state.data.people ?? 0)}</p>
          <Syncs {...of} syncs={state.data.syncs} mayChange={mayChange} />
          <HoldOutPanel slug={destination.slug} id={subscription.id} />
        </div>
      ) : <div className="stack" aria-busy><Bar width={60} /><Bar width={80} /><Bar width={50} /></div>}
    </Card>
  );
}

function Actions({ destination, subscription, state }: Of & { readonly state: SyncState }): ReactNode {
  const [asked, setAsked] = useState<"send" | "empty" | "archive">();
  const isRunning = state.syncs[0]?.status === "running";
  const isStill = state.stops.some(({ status }) => status === "asked");
  const close = (): void => setAsked(undefined);
  return (
    <div className="row wrap">
      <Button variant="default" disabled={isRunning || isStill || !destination.enabled || !subscription.enabled} onClick={() => setAsked("send")}>{t.sync.start}</Button>
      <Button variant="default" disabled={isRunning || state.told === 0} onClick={() => setAsked("empty")}>{t.sync.empty}</Button>
      <Button variant="default" onClick={() => setAsked("archive")}>{t.archive}</Button>
      {asked === "send" || asked === "empty" ? <SyncDialog slug={destination.slug} subscription={subscription} state={state} isEmptying={asked === "empty"} onClose={close} /> : null}
      {asked === "archive" ? (
        <ArchiveDialog
          title={t.archiveTitle(subscription.name)} text={t.archiveText} offersEmptying={state.told > 0} onClose={close}
          onArchive={(isEmptied) => change("DELETE", `${subscriptionPath(destination.slug, subscription.id)}?empty=${isEmptied}`)} done={(isEmptied) => (isEmptied ? t.emptying : t.archived)(subscription.name)}
        />
      ) : null}
    </div>
  );
}

interface SyncDialogProps {
  readonly slug: string;
  readonly subscription: Subscription;
  /** As it is now: the destination may be told of the last change while the dialog is open. */
  readonly state: SyncState;
  readonly isEmptying: boolean;
  readonly onClose: () => void;
}

function SyncDialog({ slug, subscription: { id, name }, state, isEmptying, onClose }: SyncDialogProps): ReactNode {
  const client = useQueryClient();
  const path = `${subscriptionPath(slug, id)}/syncs`;
  const asked = useQuery({ queryKey: ["destinations", "dry-run", path, isEmptying], queryFn: () => change<SyncAsked>("POST", path, { dry_run: true, ...(isEmptying ? { kind: "empty" } : {}) }), staleTime: 0, gcTime: 0 });
  const [chosen, setChosen] = useState<string>();
  const kind = chosen ?? asked.data?.kind;
  const start = useMutation({
    mutationFn: () => change<SyncAsked>("POST", path, { kind }),
    onSuccess: async () => {
      onClose();
      toast({ text: t.sync.begun });
      await client.invalidateQueries({ queryKey: ["destinations"] });
    },
  });
  return (
    <AskDialog title={isEmptying ? t.sync.emptyTitle(name) : t.sync.startTitle(name)} error={start.error} onClose={onClose}
      action={<Button {...(isEmptying ? { color: "red" } : {})} disabled={!asked.data} loading={start.isPending} onClick={() => start.mutate()}>{isEmptying ? t.sync.empty : t.sync.start}</Button>}
    >
      {asked.error ? <ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {asked.isPending ? <><Bar width={90} /><Bar width={60} /></> : null}
      {asked.data && isEmptying ? <p>{t.sync.emptyText(state.told)}</p> : null}
      {asked.data && !isEmptying ? (
        <>
          <p>{t.sync.count(state.people ?? asked.data.people, state.told)}</p>
          <Radio.Group label={t.sync.which} value={kind ?? null} onChange={setChosen}>
            <div className="stack"><Radio value="all" label={t.sync.all} description={t.sync.allHint} /><Radio value="differences" label={t.sync.differences} description={t.sync.differencesHint} /></div>
          </Radio.Group>
          <p className="dim">{t.sync.rule}</p>
        </>
      ) : null}
    </AskDialog>
  );
}

function Syncs({ destination, subscription, syncs, mayChange }: Of & { readonly syncs: readonly SyncShown[]; readonly mayChange: boolean }): ReactNode {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: (id: number) => change<SyncShown>("DELETE", `${subscriptionPath(destination.slug, subscription.id)}/syncs/${id}`),
    onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: () => toast({ text: t.sync.stopped }),
    onSettled: () => client.invalidateQueries({ queryKey: ["destinations"] }),
  });
  const names = t.sync.columns;
  const columns: readonly Column<SyncShown>[] = [
    { key: "kind", header: names.kind, width: "minmax(84px, 1fr)", cell: ({ kind }) => t.sync.kinds[kind] },
    { key: "state", header: names.state, width: "minmax(92px, 2fr)", cell: (one) => <SyncProgress sync={one} /> },
    { key: "should", header: names.should, width: "84px", isEnd: true, cell: ({ should, kind }) => (kind === "empty" ? "–" : <Figure value={should} />) },
    { key: "missing", header: names.missing, width: "60px", isEnd: true, cell: ({ missing, kind }) => (kind === "empty" ? "–" : <Figure value={missing} />) },
    { key: "too_many", header: names.tooMany, width: "68px", isEnd: true, cell: ({ too_many: tooMany, kind }) => (kind === "empty" ? "–" : <Figure value={tooMany} />) },
    { key: "adds", header: names.adds, width: "88px", isEnd: true, cell: ({ adds, removes }) => <span className="nowrap">+<Figure value={adds} /> −<Figure value={removes} /></span> },
    { key: "at", header: names.at, width: "80px", cell: ({ created_at: at }) => <When at={at} /> },
  ];
  if (syncs.length === 0) return <p className="dim">{t.sync.never}</p>;
  const running = syncs.find(({ status }) => status === "running");
  return (
    <div className="stack">
      <DataTable label={t.sync.last} columns={columns} rows={syncs.slice(0, 5)} rowKey={({ id }) => id} empty={null} />
      {running && mayChange ? <div><Button variant="default" loading={stop.isPending} onClick={() => stop.mutate(running.id)}>{t.sync.stop}</Button></div> : null}
    </div>
  );
}

function SyncProgress({ sync: { status, looked, total } }: { readonly sync: SyncShown }): ReactNode {
  if (status !== "running") return <State tone={status === "done" ? "good" : "plain"}>{t.sync.states[status]}</State>;
  return <span role="status">{total === null ? t.sync.counting : t.sync.running(looked, total)}</span>;
}
