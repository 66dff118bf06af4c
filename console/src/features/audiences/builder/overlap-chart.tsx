// Who is also in which of the chosen audiences: a column for each combination, with the dots below it that say which. Circles could not
// say this of more than three.
import { useCallback, type ReactNode } from "react";
import type { Preview } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { DrawnChart, type DrawnChartProps } from "../../../ui/drawn-chart.tsx";
import { fullNumber, shortNumber } from "../../../ui/format.ts";

const t = texts.audiences.preview;
const SHOWN_MAX = 16;
const BARS_PX = 120;
const ROW_PX = 22;

export interface OverlapChartProps {
  readonly sets: readonly string[];
  readonly rows: Preview["overlap"];
  readonly nameOf: (slug: string) => string;
}

export function OverlapChart({ sets, rows, nameOf }: OverlapChartProps): ReactNode {
  const shown = rows.filter(({ only }) => only > 0).toSorted((a, b) => b.only - a.only).slice(0, SHOWN_MAX);
  const say = (audiences: readonly string[]): string => (audiences.length === 0 ? t.onlyThis : t.alsoIn(audiences.map(nameOf)));
  const key = JSON.stringify([sets, shown]);
  const option = useCallback((color: (name: string) => string) => optionOf(sets, shown, nameOf, color), [key]);
  if (shown.length === 0) return <p className="dim">{t.nobody}</p>;
  return (
    <div className="stack">
      <DrawnChart label={shown.map(({ audiences, only }) => `${say(audiences)}: ${fullNumber(only)}`).join("; ")} height={BARS_PX + 16 + sets.length * ROW_PX + 12} option={option} />
      <table className="plain-table"><tbody>{shown.map(({ audiences, only }) => <tr key={audiences.join(" ")}><td>{say(audiences)}</td><td className="end">{fullNumber(only)}</td></tr>)}</tbody></table>
    </div>
  );
}

function optionOf(sets: readonly string[], rows: Preview["overlap"], nameOf: (slug: string) => string, color: (name: string) => string): ReturnType<DrawnChartProps["option"]> {
  const columns = rows.map((_, index) => index);
  const accent = color("--chart-stored");
  const isOn = (column: number, set: string): boolean => rows[column]?.audiences.includes(set) ?? false;
  const dots = (on: boolean): number[][] => columns.flatMap((column) => sets.flatMap((set, y) => (isOn(column, set) === on ? [[column, y]] : [])));
  const lines = columns.flatMap((column) => {
    const on = sets.flatMap((set, y) => (isOn(column, set) ? [y] : []));
    return on.length < 2 ? [] : [{ type: "line", xAxisIndex: 1, yAxisIndex: 1, data: [[column, on[0]], [column, on.at(-1)]], symbol: "none", lineStyle: { color: accent, width: 2 }, silent: true }];
  });
  const left = 104;
  const axis = { type: "category", data: columns, axisTick: { show: false }, axisLabel: { show: false }, axisLine: { show: false } };
  return {
    tooltip: { show: false },
    grid: [{ left, right: 4, top: 16, height: BARS_PX - 16 }, { left, right: 4, top: BARS_PX + 8, height: sets.length * ROW_PX }],
    xAxis: [{ ...axis, gridIndex: 0 }, { ...axis, gridIndex: 1 }],
    yAxis: [
      { type: "value", gridIndex: 0, splitNumber: 2, splitLine: { lineStyle: { color: color("--line") } }, axisLabel: { color: color("--text-dim"), fontSize: 11, formatter: (value: number) => shortNumber(value) } },
      { type: "category", gridIndex: 1, inverse: true, data: sets.map(nameOf), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: color("--text"), fontSize: 11, width: left - 12, overflow: "truncate" } },
    ],
    series: [
      { type: "bar", data: rows.map(({ only }) => only), barMaxWidth: 22, itemStyle: { color: accent }, label: { show: true, position: "top", fontSize: 10, color: color("--text-dim"), formatter: ({ value }: { value: number }) => shortNumber(value) } },
      { type: "scatter", xAxisIndex: 1, yAxisIndex: 1, data: dots(false), symbolSize: 8, itemStyle: { color: color("--line") }, silent: true },
      { type: "scatter", xAxisIndex: 1, yAxisIndex: 1, data: dots(true), symbolSize: 10, itemStyle: { color: accent }, silent: true },
      ...lines,
    ],
  };
}
