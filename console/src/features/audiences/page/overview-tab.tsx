// How many were in it over time, and those who came and went last.
import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import type { AudienceDetail, AudienceSizes } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { DrawnChart } from "../../../ui/drawn-chart.tsx";
import { dayAndHour, fullNumber, shortDay, shortNumber } from "../../../ui/format.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { Waiting } from "../parts.tsx";
import { changesQuery, sizesQuery } from "../queries.ts";
import { ChangeLine } from "./change-line.tsx";

const t = texts.audiences.page;
const spans = [1, 7, 30, 90] as const;
const LATEST = 8;

export function OverviewTab({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const [days, setDays] = useState(30);
  const sizes = useQuery(sizesQuery(audience.slug, days));
  const changes = useInfiniteQuery(changesQuery(audience.slug));
  const latest = changes.data?.pages[0]?.data.slice(0, LATEST);
  return (
    <div className="audience-overview">
      <Card title={t.sizeOverTime} actions={<SegmentedControl size="xs" aria-label={t.span} value={String(days)} data={spans.map((one) => ({ value: String(one), label: t.days(one) }))} onChange={(value) => setDays(Number(value))} />}>
        {sizes.error ? <ProblemNotice problem={sizes.error} onRetry={() => void sizes.refetch()} /> : sizes.data === undefined ? <div style={{ height: 230 }}><Waiting rows={5} /></div> : <SizeChart sizes={sizes.data} now={audience.size} />}
      </Card>
      <Card title={t.latest} actions={<Link to="." search={{ tab: "changes" } as never}>{t.allChanges}</Link>}>
        {changes.error ? <ProblemNotice problem={changes.error} onRetry={() => void changes.refetch()} /> : latest === undefined ? <Waiting rows={5} /> : latest.length === 0 ? <p className="dim">{t.noChanges}</p> : <ul className="side-list">{latest.map((one) => <li key={`${one.profile_id} ${one.at} ${String(one.entered)}`}><ChangeLine change={one} slug={audience.slug} /></li>)}</ul>}
      </Card>
    </div>
  );
}

function SizeChart({ sizes: { data }, now }: { readonly sizes: AudienceSizes; readonly now: number }): ReactNode {
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
    xAxis: { type: "category", boundaryGap: false, data: data.map(({ at }) => shortDay(Date.parse(at))), axisTick: { show: false }, axisLine: { lineStyle: { color: color("--line") } }, axisLabel: { color: color("--text-dim"), fontSize: 11, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: color("--line") } }, axisLabel: { color: color("--text-dim"), fontSize: 11, formatter: (value: number) => shortNumber(value) } },
    series: [{ type: "line", step: "end", symbol: "none", data: data.map(({ size }) => size), lineStyle: { color: color("--chart-stored"), width: 2 }, areaStyle: { color: color("--chart-stored"), opacity: 0.12 } }],
  }), [key]);
  if (data.length === 0) return <p className="dim">{t.noSizes}</p>;
  const first = data[0]?.size ?? 0;
  return <DrawnChart label={t.sizeText(first, now)} height={230} option={option} />;
}
