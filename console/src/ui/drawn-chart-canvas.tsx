// The part of drawn-chart.tsx that draws, on Apache ECharts. The box under the pointer is drawn on the canvas, too: markup with styles in
// it is what the page's policy forbids.
import { useComputedColorScheme } from "@mantine/core";
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef, type ReactNode } from "react";
import type { DrawnChartProps } from "./drawn-chart.tsx";

use([BarChart, LineChart, ScatterChart, GridComponent, TooltipComponent, CanvasRenderer]);

export function DrawnChartCanvas({ height, option }: DrawnChartProps): ReactNode {
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
    const styles = getComputedStyle(document.documentElement);
    const color = (name: string): string => styles.getPropertyValue(name).trim();
    const fontFamily = color("--mantine-font-family");
    const { tooltip, ...drawn } = option(color);
    const box = {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: color("--mantine-color-body"), borderColor: color("--line-strong"), borderWidth: 1, padding: [6, 10],
      textStyle: { color: color("--text"), fontSize: 12, fontFamily }, axisPointer: { type: "shadow", shadowStyle: { color: color("--line"), opacity: 0.5 } },
    };
    chart.current?.setOption({ animation: false, textStyle: { fontFamily }, ...drawn, tooltip: { ...box, ...tooltip } }, { notMerge: true });
  }, [option, scheme]);
  return <div ref={place} style={{ height }} />;
}
