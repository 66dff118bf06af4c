// Bars over time, stacked. Whoever shows them also offers their numbers as a table.
import { useCallback, type ReactNode } from "react";
import { DrawnChart, type DrawnChartProps } from "./drawn-chart.tsx";
import { fullNumber, shortNumber } from "./format.ts";

export interface ChartSeries {
  readonly name: string;
  /** The name of a custom property in ui.css, which has a value for light and one for dark: `--good`. */
  readonly color: string;
  readonly values: readonly number[];
}

interface Bars {
  readonly series: readonly ChartSeries[];
  /** Under the axis, short; and in the box that says what a bar holds. */
  readonly axis: readonly string[];
  readonly heads: readonly string[];
}

export function StackedBars({ label, height, series, axis, heads }: Omit<DrawnChartProps, "option"> & Bars): ReactNode {
  const option = useCallback<DrawnChartProps["option"]>((color) => optionOf({ series, axis, heads }, color), [series, axis, heads]);
  return <DrawnChart label={label} height={height} option={option} />;
}

function optionOf({ series, axis, heads }: Bars, color: (name: string) => string): ReturnType<DrawnChartProps["option"]> {
  const [line, dim] = [color("--line"), color("--text-dim")];
  return {
    grid: { left: 4, right: 4, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      formatter: (parts: readonly { readonly dataIndex: number }[]) => {
        const index = parts[0]?.dataIndex ?? 0;
        return [heads[index] ?? "", ...series.flatMap(({ name, values }) => ((values[index] ?? 0) > 0 ? [`${name}: ${fullNumber(values[index] ?? 0)}`] : []))].join("\n");
      },
    },
    xAxis: { type: "category", data: [...axis], axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, formatter: (value: number) => shortNumber(value) } },
    series: series.map(({ name, color: property, values }) => ({ type: "bar", name, stack: "all", data: [...values], barCategoryGap: "20%", itemStyle: { color: color(property) } })),
  };
}
