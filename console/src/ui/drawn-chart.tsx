// Any chart of lines, bars and points, for pages that say themselves what it draws. The drawing code is loaded when a chart is shown.
// A canvas says nothing to those who do not see it: whoever shows one also says its numbers in words or as a table.
import { lazy, Suspense, type ReactNode } from "react";

export interface DrawnChartProps {
  /** What it shows, in a sentence with its numbers. */
  readonly label: string;
  readonly height: number;
  /** In the colours of the look that is on: `color` reads a custom property of ui.css. What `tooltip` leaves out is as in every chart. */
  readonly option: (color: (name: string) => string) => { readonly tooltip: object; readonly [part: string]: unknown };
}

const Canvas = lazy(() => import("./drawn-chart-canvas.tsx").then(({ DrawnChartCanvas }) => ({ default: DrawnChartCanvas })));

export function DrawnChart(props: DrawnChartProps): ReactNode {
  return <div role="img" aria-label={props.label}><Suspense fallback={<div style={{ height: props.height }} aria-hidden />}><Canvas {...props} /></Suspense></div>;
}
