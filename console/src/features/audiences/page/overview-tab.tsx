// How many were in it over time, and those who came and went last.
import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import type { AudienceDetail, AudienceSizes } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { DrawnChart } from "../../../ui/drawn-chart.tsx";
import { dayAndHour, fullNumber, hourOfDay, shortDay, shortNumber } from "../../../ui/format.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { Overlap, Reach } from "../builder/overlap-and-reach.tsx";
import { Waiting } from "../parts.tsx";
import { audienceNamesQuery, changesQuery, sizesQuery } from "../queries.ts";
import { ChangeLine } from "./change-line.tsx";

const t = texts.audiences.page;
const spans = [1, 7, 30, 90] as const;
const LATEST = 8;

export function OverviewTab({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const [days, setDays] = useState<number>(firstSpan(audience));
  const { data: session } = useSuspenseQuery(sessionQuery);
  const sizes = useQuery(sizesQuery(audience.slug, days));
  const changes = useInfiniteQuery(changesQuery(audience.slug));
  // Each look is a question about people: whoever sees them masked has few of these, and keeps them for the builder.
  const mayAsk = may(session, "personal_data") && audience.status !== "archived";
  const latest = changes.data?.pages[0]?.data.slice(0, LATEST);
  return (
    <div className="audience-overview">
      <div className="stack-wide">
        <Card title={t.sizeOverTime} actions={<SegmentedControl size="xs" aria-label={t.span} value={String(days)} data={spans.map((one) => ({ value: String(one), label: t.days(one) }))} onChange={(value) => setDays(Number(value))} />}>
          {sizes.error ? <ProblemNotice problem={sizes.error} onRetry={() => void sizes.refetch()} /> : sizes.data === undefined ? <div style={{ height: 230 }}><Waiting rows={5} /></div> : <SizeChart sizes={sizes.data} audience={audience} />}
        </Card>
        {mayAsk ? <Among audience={audience} /> : null}
      </div>
      <div className="stack-wide">
        <Card title={t.latest} actions={<Link to="." search={{ tab: "changes" } as never}>{t.allChanges}</Link>}>
          {changes.error ? <ProblemNotice problem={changes.error} onRetry={() => void changes.refetch()} /> : latest === undefined ? <Waiting rows={5} /> : latest.length === 0 ? <p className="dim">{t.noChanges}</p> : <ul className="side-list">{latest.map((one) => <li key={`${one.profile_id} ${one.at} ${String(one.entered)}`}><ChangeLine change={one} slug={audience.slug} /></li>)}</ul>}
        </Card>
        {mayAsk ? <Card title={t.reach}><Reach answers={askedOf(audience)} /></Card> : null}
      </div>
    </div>
  );
}

const HOURS_ARE_TOLD_DAYS = 3;
const COMPARED_FIRST = 4;
/** So few points of a line are also drawn as points. */
const FEW = 6;

/** What is younger than a few days is told by the hour: by the day there would be nothing to see. */
function firstSpan({ created_at: createdAt }: AudienceDetail): (typeof spans)[number] {
  return Date.now() - Date.parse(createdAt) < HOURS_ARE_TOLD_DAYS * 86_400_000 ? 1 : 30;
}

function Among({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const names = useQuery(audienceNamesQuery);
  const largest = names.data?.data.filter(({ slug }) => slug !== audience.slug).toSorted((a, b) => b.size - a.size).slice(0, COMPARED_FIRST).map(({ slug }) => slug);
  if (largest?.length === 0) return null;
  return <Card title={t.overlap}>{names.error ? <ProblemNotice problem={names.error} onRetry={() => void names.refetch()} /> : largest === undefined ? <Waiting rows={5} /> : <Overlap key={audience.version} answers={askedOf(audience)} own={audience.slug} first={largest} />}</Card>;
}

const askedOf = ({ definition }: AudienceDetail) => ({ key: JSON.stringify(definition), isValid: true });

function SizeChart({ sizes, audience: { size: now, created_at: createdAt } }: { readonly sizes: AudienceSizes; readonly audience: AudienceDetail }): ReactNode {
  // Before it was made nobody was in it: that it was nought then is no news.
  const firstShown = Math.max(0, sizes.data.findIndex(({ at }) => Date.parse(at) >= Date.parse(createdAt)) - 1);
  const data = sizes.data.slice(firstShown);
  const isByHour = data.length > 1 && Date.parse(data[1]?.at ?? "") - Date.parse(data[0]?.at ?? "") <= 3_600_000;
  const key = JSON.stringify(data);
  const option = useCallback((color: (name: string) => string) => ({
    grid: { left: 4, right: 8, top: 12, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      axisPointer: { type: "line" },
      formatter: (parts: readonly { readonly dataIndex: number }[]) => {
        const one = data[parts[0]?.dataIndex ?? 0];
        return one === undefined ? "" : [dayAndHour(Date.parse(one.at)), `${t.size}: ${fullNumber(one.size)}`, `+${fullNumber(one.entered)} −${fullNumber(one.left)}`].join("\n");
      },
    },
    xAxis: { type: "category", boundaryGap: false, data: data.map(({ at }) => (isByHour ? hourOfDay : shortDay)(Date.parse(at))), axisTick: { show: false }, axisLine: { lineStyle: { color: color("--line") } }, axisLabel: { color: color("--text-dim"), fontSize: 11, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: color("--line") } }, axisLabel: { color: color("--text-dim"), fontSize: 11, formatter: (value: number) => shortNumber(value) } },
    series: [{ type: "line", step: "end", symbol: "circle", symbolSize: 6, showSymbol: data.length <= FEW, itemStyle: { color: color("--chart-stored") }, data: data.map(({ size }) => size), lineStyle: { color: color("--chart-stored"), width: 2 }, areaStyle: { color: color("--chart-stored"), opacity: 0.12 } }],
  }), [key]);
  if (data.length === 0) return <p className="dim">{t.noSizes}</p>;
  const first = data[0]?.size ?? 0;
  return <DrawnChart label={t.sizeText(first, now)} height={230} option={option} />;
}
