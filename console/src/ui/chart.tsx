// Bars over time, stacked, drawn on a canvas by code that is loaded when a chart is shown. A canvas says nothing to those who do
// not see it: whoever shows one also offers its numbers as a table.
import { lazy, Suspense, type ReactNode } from "react";

export interface ChartSeries {
  readonly name: string;
  /** The name of a custom property in ui.css, which has a value for light and one for dark: `--good`. */
  readonly color: string;
  readonly values: readonly number[];
}

export interface BarsProps {
  /** What it shows, in a sentence with its numbers. */
  readonly label: string;
  readonly height: number;
  readonly series: readonly ChartSeries[];
  /** Under the axis, short; and in the box that says what a bar holds. */
  readonly axis: readonly string[];
  readonly heads: readonly string[];
}

const Canvas = lazy(() => import("./chart-canvas.tsx").then(({ ChartCanvas }) => ({ default: ChartCanvas })));

export function StackedBars(props: BarsProps): ReactNode {
  const empty = <div style={{ height: props.height }} aria-hidden />;
  return <div role="img" aria-label={props.label}><Suspense fallback={empty}><Canvas {...props} /></Suspense></div>;
}
