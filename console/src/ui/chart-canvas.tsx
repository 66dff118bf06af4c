// The part of a chart that draws, on Apache ECharts: only what bars need, on a canvas, and with the box under the pointer drawn there
// too, because markup with styles in it is what the page's policy forbids.
import { useComputedColorScheme } from "@mantine/core";
import { BarChart, type BarSeriesOption } from "echarts/charts";
import { GridComponent, TooltipComponent, type GridComponentOption, type TooltipComponentOption } from "echarts/components";
import { init, use, type ComposeOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef, type ReactNode } from "react";
import type { BarsProps } from "./chart.tsx";
import { fullNumber, shortNumber } from "./format.ts";

use([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);
type Option = ComposeOption<BarSeriesOption | GridComponentOption | TooltipComponentOption>;

export function ChartCanvas({ height, series, axis, heads }: BarsProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (place.current === null) return;
    const made = init(place.current, null, { renderer: "canvas" });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(optionOf({ series, axis, heads }), { notMerge: true });
  }, [series, axis, heads, scheme]);
  return <div ref={place} style={{ height }} />;
}

function optionOf({ series, axis, heads }: Pick<BarsProps, "series" | "axis" | "heads">): Option {
  const styles = getComputedStyle(document.documentElement);
  const color = (name: string): string => styles.getPropertyValue(name).trim();
  const [line, dim, text, body] = [color("--line"), color("--text-dim"), color("--text"), color("--mantine-color-body")];
  const fontFamily = color("--mantine-font-family");
  return {
    animation: false,
    grid: { left: 4, right: 4, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    textStyle: { fontFamily },
    tooltip: {
      trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow", shadowStyle: { color: line, opacity: 0.5 } }, confine: true,
      backgroundColor: body, borderColor: color("--line-strong"), borderWidth: 1, textStyle: { color: text, fontSize: 12, fontFamily }, padding: [6, 10],
      formatter: (parts) => {
        const list = Array.isArray(parts) ? parts : [parts];
        const index = list[0]?.dataIndex ?? 0;
        return [heads[index] ?? "", ...series.flatMap(({ name, values }) => ((values[index] ?? 0) > 0 ? [`${name}: ${fullNumber(values[index] ?? 0)}`] : []))].join("\n");
      },
    },
    xAxis: { type: "category", data: [...axis], axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, formatter: (value: number) => shortNumber(value) } },
    series: series.map(({ name, color: property, values }) => ({ type: "bar", name, stack: "all", data: [...values], barCategoryGap: "20%", itemStyle: { color: color(property) } })),
  };
}
