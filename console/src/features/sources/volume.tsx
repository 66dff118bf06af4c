// How much a source sent over the last day or week, and what became of it: as bars, or as the numbers behind them.
import { Button, SegmentedControl } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { StackedBars } from "../../ui/chart.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure } from "../../ui/figure.tsx";
import { dayAndHour, hourOfDay, shortDay } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { volumeQuery, type Span } from "./queries.ts";
import { outcomeColors, outcomeName, outcomesInOrder, type ShownOutcome, type Volume as VolumeData, volumeOf } from "./volume-series.ts";

const t = texts.sources.volume;
const HEIGHT_PX = 180;

export interface VolumeProps {
  readonly sourceId: number;
  readonly name: string;
  readonly span: Span;
  readonly onSpan: (span: Span) => void;
}

export function Volume({ sourceId, name, span, onSpan }: VolumeProps): ReactNode {
  const [isTable, setIsTable] = useState(false);
  const { data, error, refetch } = useQuery(volumeQuery(sourceId, span));
  const volume = useMemo(() => data && volumeOf(data), [data]);
  const actions = (
    <div className="row">
      <SegmentedControl<Span> size="xs" aria-label={t.span} value={span} onChange={onSpan} data={[{ value: "24h", label: t.day }, { value: "7d", label: t.week }]} />
      <Button variant="default" size="compact-sm" leftSection={isTable ? <IconChartBar size={14} /> : <IconTable size={14} />} onClick={() => setIsTable(!isTable)}>{isTable ? t.asChart : t.asTable}</Button>
    </div>
  );
  return (
    <Card title={t.title} actions={actions} bare={isTable}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {isTable ? <Numbers volume={volume} name={name} /> : <Bars volume={volume} span={span} />}
    </Card>
  );
}

function Bars({ volume, span }: { readonly volume: VolumeData | undefined; readonly span: Span }): ReactNode {
  const drawn = useMemo(() => volume && {
    axis: volume.timesMs.map((ms) => (span === "24h" ? hourOfDay(ms) : shortDay(ms))),
    heads: volume.timesMs.map((ms) => dayAndHour(ms)),
    series: volume.series.map(({ outcome, values }) => ({ name: outcomeName(outcome), color: outcomeColors[outcome], values })),
  }, [volume, span]);
  if (!volume || !drawn) return <div style={{ height: HEIGHT_PX + 28 }} aria-busy />;
  return (
    <>
      <StackedBars label={t.label(volume.total, span === "24h" ? t.day : t.week)} height={HEIGHT_PX} {...drawn} />
      <ul className="legend">
        {volume.series.map(({ outcome, values }) => (
          <li key={outcome}><span className="swatch" style={{ background: `var(${outcomeColors[outcome]})` }} aria-hidden />{outcomeName(outcome)} <Figure value={values.reduce((sum, count) => sum + count, 0)} /></li>
        ))}
        {volume.series.length === 0 ? <li className="dim">{t.nothing}</li> : null}
      </ul>
    </>
  );
}

interface HourRow {
  readonly ms: number;
  readonly counts: Readonly<Partial<Record<ShownOutcome, number>>>;
}

const columns: readonly Column<HourRow>[] = [
  { key: "hour", header: t.hour, width: "minmax(110px, 2fr)", cell: (row) => dayAndHour(row.ms), csv: (row) => new Date(row.ms) },
  ...outcomesInOrder.map((outcome): Column<HourRow> => ({
    key: outcome, header: outcomeName(outcome), width: "minmax(60px, 1fr)", isEnd: true, csv: (row) => row.counts[outcome] ?? 0,
    cell: (row) => (row.counts[outcome] ? <Figure value={row.counts[outcome]} /> : <span className="dim">0</span>),
  })),
];

function Numbers({ volume, name }: { readonly volume: VolumeData | undefined; readonly name: string }): ReactNode {
  const rows = volume?.timesMs.map((ms, index): HourRow => ({ ms, counts: Object.fromEntries(volume.series.map(({ outcome, values }) => [outcome, values[index] ?? 0])) })).reverse();
  // What never came about is a column in the file alone.
  const came = new Set<string>(["hour", ...(volume?.series.map(({ outcome }) => outcome) ?? [])]);
  const shown = columns.filter((column) => came.has(column.key));
  return (
    <>
      <div className="table-in-card" style={{ height: 33 + 36 * 8 }}><DataTable fills label={t.title} columns={shown} rows={rows} rowKey={(row) => row.ms} empty={null} /></div>
      <div className="card-foot"><ExportCsv title={`${name} ${t.title}`} columns={columns} rows={rows} /></div>
    </>
  );
}
