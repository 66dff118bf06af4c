// How a destination is: what keeps it, what became of what was asked for, how long it takes, and what waits.
import { NativeSelect } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { DestinationHealth } from "@tributary/schema/api/deliveries.ts";
import { texts } from "../../texts/texts.ts";
import { Columns } from "../../ui/columns.tsx";
import { absoluteTime, dayAndHour, hourOfDay, shortDay } from "../../ui/format.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Told } from "../../ui/told.tsx";
import { codeText } from "./delivery-panel.tsx";
import { periods, type DestinationSearch } from "./destinations-search.ts";
import { funnelOf, tookText, type Step } from "./funnel.ts";
import { healthQuery } from "./queries.ts";
import type { TabProps } from "./tab-props.ts";

const t = texts.deliveries;

export function Period({ search, onSearch }: Pick<TabProps, "search" | "onSearch">): ReactNode {
  const set = (value: string): void => onSearch({ hours: value === "1" ? 1 : value === "168" ? 168 : undefined });
  return <NativeSelect aria-label={t.period} value={String(search.hours ?? 24)} data={periods.map((value) => ({ value: String(value), label: t.periods[value] }))} onChange={(event) => set(event.currentTarget.value)} />;
}

export function OverviewTab({ destination: { slug, enabled }, search, onSearch }: TabProps): ReactNode {
  const hours = search.hours ?? 24;
  const health = useQuery(healthQuery(slug, hours));
  const period = <Period search={search} onSearch={onSearch} />;
  if (health.error && !health.data) return <ProblemNotice problem={health.error} onRetry={() => void health.refetch()} />;
  if (!health.data) return <div className="destination-grid" aria-busy>{[1, 2].map((one) => <Card key={one} title={one === 1 ? t.funnel.title : t.latency.title}><div className="stack">{[80, 60, 70, 50].map((width) => <Bar key={width} width={width} />)}</div></Card>)}</div>;
  return (
    <div className="stack-wide">
      {enabled ? <Trouble health={health.data} /> : null}
      <LeftOut counts={health.data.counts} />
      <div className="destination-grid">
        <Card title={t.funnel.title} actions={period}><Funnel slug={slug} health={health.data} hours={search.hours} /></Card>
        <div className="stack-wide">
          <Latency health={health.data} />
          <Queue health={health.data} />
        </div>
      </div>
      <Series health={health.data} hours={hours} />
    </div>
  );
}

/** Said while something keeps it: what, since when, and what to do. */
function Trouble({ health }: { readonly health: DestinationHealth }): ReactNode {
  const { state, since, code, detail, advice, next_attempt_at: next } = health;
  if (state !== "failing" && state !== "unauthorized" && state !== "throttled") return null;
  return (
    <div className="notice" data-tone={state === "throttled" ? "attention" : "bad"} role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div className="stack grow">
        <div><strong>{t.sentence[state]}</strong> {since === null ? null : <Filled text={t.since} parts={{ when: <When at={since} /> }} />}</div>
        {detail === "" && code === "" ? null : <div className="mono problem-said">{codeText(code)}{detail === "" ? null : <>: <bdi>{detail}</bdi></>}</div>}
        {advice === "" ? null : <div><Told text={t.advice(advice, state, code)} /></div>}
        {next === null ? null : <div className="dim"><Filled text={t.nextTry} parts={{ when: <When at={next} /> }} /></div>}
      </div>
    </div>
  );
}

/** What went without a field that would have opted people in by something else than their consent. */
function LeftOut({ counts }: Pick<DestinationHealth, "counts">): ReactNode {
  const left = counts.filter(({ outcome }) => outcome === "left_out");
  if (left.length === 0) return null;
  return (
    <div className="notice" data-tone="attention">
      <IconAlertTriangle size={18} aria-hidden />
      <div className="stack grow">
        <strong>{t.leftOut.title}</strong>
        {left.map(({ reason, count }) => <div key={reason}><span className="mono">{reason}</span>: {t.leftOut.count(count)}</div>)}
        <div>{t.leftOut.advice}</div>
      </div>
    </div>
  );
}

const colors: Readonly<Record<Step["key"], string>> = {
  eligible: "--chart-duplicate", filtered: "--chart-dropped", waiting: "--chart-waiting", delivered: "--chart-stored", failed: "--chart-failed", unsent: "--chart-withdrawn",
};

function Funnel({ slug, health, hours }: { readonly slug: string; readonly health: DestinationHealth; readonly hours: DestinationSearch["hours"] }): ReactNode {
  const steps = funnelOf(health);
  const most = Math.max(1, steps[0]?.count ?? 0);
  return (
    <div className="stack roomy">
      <ol className="funnel">
        {steps.map(({ key, count, reasons }) => (
          <li key={key} aria-label={t.funnel.label(t.funnel[key], count)} title={t.funnel.hints[key]}>
            <StepName slug={slug} step={key} hours={hours} />
            <span className="figure-cell"><Figure value={count} /></span>
            <span className="bar-cell" aria-hidden>{count === 0 ? null : <span style={{ width: `${(count / most) * 100}%`, background: `var(${colors[key]})` }} />}</span>
            {reasons.length === 0 ? null : <ul className="reasons">{reasons.map((one) => <li key={one.reason}><span className="end"><Figure value={one.count} /></span><span>{codeText(one.reason)}</span></li>)}</ul>}
          </li>
        ))}
      </ol>
      <p className="dim">{t.funnel.again}</p>
    </div>
  );
}

/** Opens into its rows where there are some. */
function StepName({ slug, step, hours }: { readonly slug: string; readonly step: Step["key"]; readonly hours: DestinationSearch["hours"] }): ReactNode {
  const name = t.funnel[step];
  if (step === "delivered") return <Link to="/destinations/$slug" params={{ slug }} search={{ tab: "deliveries", outcome: "delivered" }}>{name}</Link>;
  if (step === "failed") return <Link to="/destinations/$slug" params={{ slug }} search={{ tab: "problems", ...(hours === undefined ? {} : { hours }) }}>{name}</Link>;
  return <span>{name}</span>;
}

function Latency({ health: { latency_ms: latency, counts } }: { readonly health: DestinationHealth }): ReactNode {
  const isDelivered = counts.some(({ outcome, count }) => outcome === "delivered" && count > 0);
  return (
    <Card title={t.latency.title}>
      {latency.count === 0 ? <p className="dim">{isDelivered ? t.latency.noneCame : t.latency.none}</p> : (
        <div className="stack">
          <div className="row" style={{ gap: 32 }}>
            <div><div className="dim">{t.latency.half}</div><div className="big-figure">{tookText(latency.p50)}</div></div>
            <div><div className="dim">{t.latency.most}</div><div className="big-figure">{tookText(latency.p99)}</div></div>
          </div>
          <p className="dim">{t.latency.of(latency.count)}</p>
        </div>
      )}
    </Card>
  );
}

function Queue({ health: { waiting } }: { readonly health: DestinationHealth }): ReactNode {
  const { events, oldest_at: oldest, again, behind, next_at: next, oldest_failed_at: since } = waiting;
  const isEmpty = again + behind === 0 && (events ?? 0) === 0;
  return (
    <Card title={t.queue.title}>
      <div className="stack">
        {isEmpty ? <p className="dim">{t.queue.none}</p> : null}
        {events === null ? null : <p>{events === 0 ? t.funnel.upToDate : t.funnel.unread(events)} {oldest === null || events === 0 ? null : <Filled text={t.funnel.oldest} parts={{ when: <When at={oldest} /> }} />}</p>}
        {again + behind === 0 ? null : (
          <dl className="facts">
            <dt>{t.queue.again}</dt><dd><Figure value={again} /></dd>
            <dt>{t.queue.behind}</dt><dd><Figure value={behind} /></dd>
            {since === null ? null : <><dt>{t.queue.oldest}</dt><dd><When at={since} /></dd></>}
            {next === null || Date.parse(next) < Date.now() ? null : <><dt>{t.queue.next}</dt><dd><When at={next} /></dd></>}
          </dl>
        )}
      </div>
    </Card>
  );
}

const groups = [
  { key: "delivered", of: ["delivered"], color: "--chart-stored" }, { key: "failed", of: ["refused", "expired"], color: "--chart-failed" }, { key: "filtered", of: ["filtered"], color: "--chart-dropped" },
] as const;

const HOUR_MS = 3_600_000;
/** As the API divides a period. */
const SERIES_STEPS = 48;

/** All steps of the period, also those in which nothing happened. */
function timesOf(known: readonly number[], hours: number): readonly number[] {
  const first = known[0];
  if (first === undefined) return [];
  const stepMs = Math.max(1, Math.round((hours * 60) / SERIES_STEPS)) * 60_000;
  const [fromMs, toMs] = [Date.now() - hours * HOUR_MS, Math.max(Date.now(), ...known)];
  const before = Math.floor((first - fromMs) / stepMs);
  const all: number[] = [];
  for (let at = first - Math.max(0, before) * stepMs; at <= toMs; at += stepMs) all.push(at);
  return all;
}

function Series({ health: { series }, hours }: { readonly health: DestinationHealth; readonly hours: number }): ReactNode {
  const times = timesOf(series.map(({ at }) => Date.parse(at)), hours);
  const drawn = groups.map(({ key, of, color }) => ({
    key, color, name: t.funnel[key], values: times.map((at) => series.filter((one) => Date.parse(one.at) === at && (of as readonly string[]).includes(one.outcome)).reduce((sum, { count }) => sum + count, 0)), // Any outcome may be asked for.
  }));
  const totals = drawn.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const edge = (at: number | undefined): string => (at === undefined ? "" : hours > 24 ? shortDay(at) : hours > 1 ? dayAndHour(at) : hourOfDay(at));
  return (
    <Card title={t.chart.title}>
      {times.length === 0 ? <p className="dim">{t.chart.nothing}</p> : (
        <>
          <Columns label={t.chart.label(totals[0] ?? 0, totals[1] ?? 0, totals[2] ?? 0)} heightPx={120} series={drawn} heads={times.map(absoluteTime)} say={t.funnel.label} from={edge(times[0])} to={edge(times.at(-1))} />
          <ul className="legend">{drawn.map(({ key, name, color }) => <li key={key}><span className="swatch" style={{ background: `var(${color})` }} />{name}</li>)}</ul>
        </>
      )}
    </Card>
  );
}
