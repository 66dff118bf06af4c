// One subscription before it sends: what it makes of recent events, what it lets pass and what not and why, and one sent as a test.
import { Button, Radio, Switch } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { DestinationDetail, PreviewedEvent, SubscriptionChanged, SubscriptionDetail, SubscriptionPreview, TestSend } from "@tributary/schema/api/destinations.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { toast } from "../../../ui/toast.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { audienceNamesQuery } from "../../audiences/queries.ts";
import { MaskedMark } from "../../masking/masked.tsx";
import { destinationPath, subscriptionPath } from "../queries.ts";
import { SubscriptionSwitch } from "../subscription-switch.tsx";
import { SubscriptionTakes } from "../subscription-takes.tsx";
import { previewQuery, subscriptionQuery } from "./queries.ts";
import { TestSent } from "./test-sent.tsx";
import { TriedEvent } from "./tried-event.tsx";

const t = texts.setUp.preview;

export function SubscriptionCard({ destination, id }: { readonly destination: DestinationDetail; readonly id: number }): ReactNode {
  const one = useQuery(subscriptionQuery(destination.slug, id));
  if (one.error && !one.data) return <ProblemNotice problem={one.error} onRetry={() => void one.refetch()} />;
  if (!one.data) return <Card title={texts.everywhere.loading}><div className="stack" aria-busy><Bar width={60} /><Bar width={90} /></div></Card>;
  return <Known destination={destination} subscription={one.data} />;
}

interface KnownProps {
  readonly destination: DestinationDetail;
  readonly subscription: SubscriptionDetail;
}

function Known({ destination, subscription }: KnownProps): ReactNode {
  const preview = useQuery(previewQuery(destination.slug, subscription));
  return (
    <Card title={subscription.name} actions={<SubscriptionSwitch destination={destination} subscription={subscription} label={t.include(subscription.name)} />}>
      <div className="stack roomy">
        <div className="row wrap">
          <span className="dim grow"><SubscriptionTakes subscription={subscription} /> → {subscription.action_name ?? subscription.action}</span>
          <Link to="/destinations/$slug/subscriptions/$id" params={{ slug: destination.slug, id: String(subscription.id) }}>{t.editMapping}</Link>
        </div>
        {subscription.problems.length === 0 ? null : <div className="notice" data-tone="bad"><ul className="sdk-notes">{subscription.problems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.problem}</li>)}</ul></div>}
        {subscription.kind === "audience" ? <AlreadyIn destination={destination} subscription={subscription} /> : null}
        {preview.error ? <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} /> : null}
        {preview.isPending ? <div className="stack" aria-busy><Bar width={70} /><Bar width={90} /><Bar width={80} /></div> : null}
        {preview.data ? <Previewed destination={destination} subscription={subscription} preview={preview.data} /> : null}
      </div>
    </Card>
  );
}

/** What to do with those who are in already is asked before anything is switched on. */
function AlreadyIn({ destination, subscription }: KnownProps): ReactNode {
  const client = useQueryClient();
  const { definition, id, version } = subscription;
  const { data: audiences } = useQuery(audienceNamesQuery);
  const set = useMutation({
    mutationFn: (backfill: boolean) => change<SubscriptionChanged>("PATCH", subscriptionPath(destination.slug, id), { definition: { ...definition, trigger: { ...definition.trigger, backfill } }, version }),
    onError: (error) => toast({ tone: "bad", text: error.message }),
    onSettled: () => client.invalidateQueries({ queryKey: ["destinations", "one", destination.slug] }),
  });
  if (definition.trigger.kind !== "audience" || definition.trigger.on === "exited") return null;
  return (
    <Radio.Group label={t.alreadyIn} value={definition.trigger.backfill ? "send" : "wait"} onChange={(value) => set.mutate(value === "send")}>
      <div className="stack" style={{ marginTop: 8 }}>
        <Radio value="send" disabled={set.isPending} label={t.sendThem(audiences?.data.find(({ slug }) => slug === subscription.audience)?.size)} description={t.sendThemText} />
        <Radio value="wait" disabled={set.isPending} label={t.dontSendThem} description={t.dontSendThemText} />
      </div>
    </Radio.Group>
  );
}

const SHOWN_FIRST = 4;

function Previewed({ destination, subscription, preview: { data, examined, passing } }: KnownProps & { readonly preview: SubscriptionPreview }): ReactNode {
  const [showsAll, setShowsAll] = useState(false);
  const [tried, setTried] = useState<PreviewedEvent>();
  const [passes, filtered] = [data.filter((one) => one.passes), data.filter((one) => !one.passes)];
  if (examined === 0) return <div className="notice"><IconInfoCircle size={18} aria-hidden /><div>{subscription.kind === "audience" ? t.nobodyYet : subscription.kind === "model" ? t.noRowYet : <>{t.nothingYet} <Link to="/sources">{t.toSources}</Link></>}</div></div>;
  const shown = showsAll ? passes : passes.slice(0, SHOWN_FIRST);
  const rest = data.length - shown.length - (showsAll ? filtered.length : Math.min(filtered.length, 2));
  const line = (one: PreviewedEvent, index: number): ReactNode => <TriedEvent key={`${one.message_id} ${one.row_id} ${index}`} tried={one} isFirst={index === 0 && one.passes} onSend={() => setTried(one)} />;
  return (
    <section className="stack" aria-label={t.previewLabel(subscription.name)}>
      <p>{subscription.kind === "audience" ? t.changesPass(passing, examined) : subscription.kind === "model" ? t.rowsPass(passing, examined) : t.eventsPass(passing, examined)} <MaskedMark /></p>
      {passing === 0 ? <div className="notice" data-tone="attention"><IconInfoCircle size={18} aria-hidden /><div>{t.nonePass}</div></div> : null}
      <ul className="tried-list">{shown.map(line)}</ul>
      {filtered.length === 0 ? null : <h3 className="tried-title">{t.filtered(examined - passing)}</h3>}
      <ul className="tried-list">{filtered.slice(0, showsAll ? undefined : 2).map((one, index) => line(one, index + 1))}</ul>
      {rest > 0 ? <div><Button variant="default" onClick={() => setShowsAll(true)}>{t.showMore(rest)}</Button></div> : null}
      {tried ? <SendTest destination={destination} subscription={subscription} tried={tried} onClose={() => setTried(undefined)} /> : null}
    </section>
  );
}

/** It really arrives: sent when it is asked for, and only then. */
function SendTest({ destination, subscription, tried, onClose }: KnownProps & { readonly tried: PreviewedEvent; readonly onClose: () => void }): ReactNode {
  const [entered, setEntered] = useState(!tried.event.includes("Exited"));
  const send = useMutation({
    mutationFn: () => change<TestSend>("POST", `${destinationPath(destination.slug)}/subscriptions/test-send`, {
      definition: subscription.definition, subscription: subscription.id, ...(tried.row_id === null ? { profile_id: tried.profile_id, entered } : { row_id: tried.row_id }),
    }),
  });
  return (
    <Panel over title={t.testTitle(tried.event)} onClose={onClose}>
      <p>{t.testText(destination.name)}</p>
      {subscription.kind === "audience" ? <Switch label={t.entered} checked={entered} onChange={(event) => setEntered(event.currentTarget.checked)} /> : null}
      <div><Button loading={send.isPending} onClick={() => send.mutate()}>{send.data ? t.sendAgain : t.sendNow}</Button></div>
      {send.error ? <ProblemNotice problem={send.error} /> : null}
      {send.data ? <TestSent sent={send.data} /> : null}
    </Panel>
  );
}
