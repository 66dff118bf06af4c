// A thin line of how something stood over time, to be seen beside its number: between the least and the most that it was, so that
// little changes of something large are seen, too.
import type { ReactNode } from "react";

const WIDTH = 64;
const HEIGHT = 20;
const EDGE = 2;

/** null: nothing was known yet. */
export function TrendLine({ values, label }: { readonly values: readonly (number | null)[]; readonly label: string }): ReactNode {
  const points = trendPoints(values);
  return (
    <svg className="trend-line" role="img" aria-label={label} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <title>{label}</title>
      <polyline points={points.map(({ x, y }) => `${x},${y}`).join(" ")} />
      {points.slice(-1).map(({ x, y }) => <circle key="last" cx={x} cy={y} r={EDGE} />)}
    </svg>
  );
}

/** Where each value that is known stands in the picture; what never changed is a line through its middle. */
export function trendPoints(values: readonly (number | null)[]): readonly { readonly x: number; readonly y: number }[] {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  const heightOf = (value: number): number => (most === least ? 0.5 : (value - least) / (most - least));
  return values.flatMap((value, index) => (value === null ? [] : [{ x: rounded(EDGE + index * step), y: rounded(EDGE + (1 - heightOf(value)) * (HEIGHT - 2 * EDGE)) }]));
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
