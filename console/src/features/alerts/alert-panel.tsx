// One alert: what is wrong with its figures, the way to it, who looks after it, and who was told.
import { Button, Menu } from "@mantine/core";
import { IconBellOff, IconChevronDown, IconEye, IconUserCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import type { AlertDetail, AlertShown } from "@tributary/schema/api/alerts.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { absoluteTime, duration, fullNumber, signedNumber } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { AlertState } from "./alert-state.tsx";
import { alertQuery } from "./queries.ts";

const t = texts.alerts;
const HOUR_MS = 3_600_000;
const percent = new Intl.NumberFormat(texts.language, { style: "percent", maximumFractionDigits: 1 });
const snoozes = [1, 4, 24, 168] as const;
const tones = { sent: "good", waiting: "waiting", failed: "bad" } as const satisfies Readonly<Record<string, Tone>>;
/** For the machine alone, or said above. */
const unseen: ReadonlySet<string> = new Set(["is_strange", "was_unheard", "cause", "state", "since"]);
const MINUTE_MS = 60_000;

export function AlertPanel({ id, onClose }: { readonly id: number; readonly onClose: () => void }): ReactNode {
  const { data: alert, error, refetch } = useQuery(alertQuery(id));
  const title = alert ? t.kindWord(alert.kind) : t.title;
  return (
    <Panel title={title} onClose={onClose}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {alert ? <Shown alert={alert} /> : error ? null : <div className="stack">{[90, 70, 40, 60, 50].map((width) => <Bar key={width} width={width} />)}</div>}
    </Panel>
  );
}

function Shown({ alert }: { readonly alert: AlertDetail }): ReactNode {
  const router = useRouter();
  const follow = (event: MouseEvent): void => {
    // In another tab as any link; here without loading the console anew.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void router.navigate({ href: alert.link });
  };
  return (
    <>
      <div><AlertState alert={alert} /></div>
      <p className="alert-sentence" dir="ltr">{t.wrong(alert.sentence, alert.kind, alert.name, alert.facts)}</p>
      {alert.closed_why === "" ? null : <p className="dim">{t.closedWhy[alert.closed_why]}</p>}
      <div className="alert-tools">
        <Button component="a" href={alert.link} onClick={follow} variant={alert.status === "closed" ? "default" : "filled"} leftSection={<IconEye size={15} />}>{t.look}</Button>
        {alert.status === "closed" ? null : <Tools alert={alert} />}
      </div>
      <dl className="facts">
        <dt>{t.since}</dt><dd><When at={alert.since} /> <span className="dim">· {absoluteTime(Date.parse(alert.since))}</span></dd>
        <dt>{t.opened}</dt><dd><When at={alert.opened_at} /></dd>
        {alert.closed_at === null ? null : <><dt>{t.closed}</dt><dd><When at={alert.closed_at} /></dd></>}
        {alert.acknowledged === null ? null : <><dt>{t.by}</dt><dd className="row"><Value value={alert.acknowledged.by_name ?? alert.acknowledged.by} /><span className="dim"><When at={alert.acknowledged.at} /></span></dd></>}
        {alert.snoozed === null ? null : <><dt>{t.snoozedUntil}</dt><dd>{absoluteTime(Date.parse(alert.snoozed.until))}</dd></>}
      </dl>
      <section><h3>{t.figures}</h3><Figures facts={alert.facts} /></section>
      <section><h3>{t.tellings}</h3><Tellings alert={alert} /></section>
    </>
  );
}

function Figures({ facts }: { readonly facts: AlertShown["facts"] }): ReactNode {
  const shown = Object.entries(facts).filter(([key, value]) => !unseen.has(key) && value !== null && value !== "" && (key !== "code" || HTTP_CODE.test(String(value))));
  return <dl className="facts">{shown.map(([key, value]) => [<dt key={key}>{t.facts(key)}</dt>, <dd key={`${key} value`}><FactValue name={key} value={value} /></dd>])}</dl>;
}

/** What the other side answered; other codes are said by the words beside them. */
const HTTP_CODE = /^http_(\d{3})$/;

function FactValue({ name, value }: { readonly name: string; readonly value: string | number | null }): ReactNode {
  if (typeof value === "number") return <span className="figure">{figureOf(name, value)}</span>;
  const text = value ?? "";
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? <When at={text} /> : <bdi>{text.replace(HTTP_CODE, "HTTP $1")}</bdi>;
}

/** With its unit, which its name tells. */
function figureOf(name: string, value: number): string {
  if (name === "percent") return percent.format(value / 100);
  if (name.endsWith("_minutes")) return duration(value * MINUTE_MS) || fullNumber(value);
  if (name.endsWith("_hours")) return duration(value * HOUR_MS) || fullNumber(value);
  return name === "hour" || name === "day" ? signedNumber(value) : fullNumber(value);
}

function Tools({ alert }: { readonly alert: AlertDetail }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: ({ path, body }: { readonly path: string; readonly body?: object; readonly says: string }) => change<AlertShown>("POST", `/alerts/${alert.id}/${path}`, body),
    onSuccess: async (_, { says }) => {
      await client.invalidateQueries({ queryKey: ["alerts"] });
      toast({ text: says });
    },
  });
  if (!may(session, "write")) return null;
  const snooze = (hours: number): void => act.mutate({ path: "snooze", body: { until: new Date(Date.now() + hours * HOUR_MS).toISOString() }, says: t.snoozed });
  return (
    <>
      {alert.status === "open" ? <Button variant="default" leftSection={<IconUserCheck size={15} />} loading={act.isPending} onClick={() => act.mutate({ path: "acknowledge", says: t.acknowledged })}>{t.acknowledge}</Button> : null}
      {alert.snoozed === null ? (
        <Menu position="bottom-start">
          <Menu.Target><Button variant="default" leftSection={<IconBellOff size={15} />} rightSection={<IconChevronDown size={14} aria-hidden />}>{t.snooze}</Button></Menu.Target>
          <Menu.Dropdown>{snoozes.map((hours) => <Menu.Item key={hours} onClick={() => snooze(hours)}>{t.snoozeFor[hours]}</Menu.Item>)}</Menu.Dropdown>
        </Menu>
      ) : <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ path: "snooze", body: { until: null }, says: t.woken })}>{t.wake}</Button>}
      {act.error ? <ProblemNotice problem={act.error} /> : null}
    </>
  );
}

function Tellings({ alert }: { readonly alert: AlertDetail }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (alert.tellings.length === 0) return <p className="dim">{t.toldNobody} {may(session, "admin") && alert.status !== "closed" ? <Link to="/settings/alerts" search={{ add: true }}>{t.addChannel}</Link> : null}</p>;
  return (
    <ul className="alert-tellings">
      {alert.tellings.map((one) => (
        <li key={`${one.channel_id} ${one.change} ${one.at}`}>
          <div className="row wrap"><State tone={tones[one.status]}>{t.tellingStates[one.status]}</State><bdi>{one.channel_name}</bdi><span className="dim">{t.changes[one.change]}</span><span className="dim"><When at={one.sent_at ?? one.at} /></span></div>
          {one.status === "sent" || one.attempts === 0 ? null : <div className="dim">{t.tries(one.attempts)} · {one.detail}{one.next_at === null ? null : <> · <When at={one.next_at} /></>}</div>}
        </li>
      ))}
    </ul>
  );
}
