// A few stacked columns over time, drawn as shapes: for pages that must be there at once, without the code of a whole chart.
// On hover a column says what it holds; whoever shows one also says its numbers in words.
import type { ReactNode } from "react";

export interface ColumnSeries {
  readonly key: string;
  readonly name: string;
  /** The name of a custom property in ui.css, which has a value for light and one for dark: `--chart-stored`. */
  readonly color: string;
  readonly values: readonly number[];
}

export interface ColumnsProps {
  /** What it shows, in a sentence with its numbers. */
  readonly label: string;
  readonly heightPx: number;
  readonly series: readonly ColumnSeries[];
  /** Of each column, for the hover: its time. */
  readonly heads: readonly string[];
  /** How a column's part is said: `Stored: 1,204`. */
  readonly say: (name: string, value: number) => string;
  /** Below the first and the last column. */
  readonly from: string;
  readonly to: string;
}

const STEP = 10;
const GAP = 2;
const HEIGHT = 100;
/** Something is never nothing: a single event among thousands is still seen. */
const LEAST = 2;

export function Columns({ label, heightPx, series, heads, say, from, to }: ColumnsProps): ReactNode {
  const totals = heads.map((_, column) => series.reduce((sum, { values }) => sum + (values[column] ?? 0), 0));
  const most = Math.max(1, ...totals);
  return (
    <div className="columns">
      <svg role="img" aria-label={label} viewBox={`0 0 ${heads.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" style={{ height: heightPx }}>
        {heads.map((head, column) => <Column key={head} x={column * STEP} series={series} column={column} most={most} title={[head, ...series.flatMap(({ name, values }) => ((values[column] ?? 0) > 0 ? [say(name, values[column] ?? 0)] : []))].join("\n")} />)}
      </svg>
      <div className="columns-axis dim" aria-hidden><span>{from}</span><span>{to}</span></div>
    </div>
  );
}

interface ColumnProps {
  readonly x: number;
  readonly series: readonly ColumnSeries[];
  readonly column: number;
  readonly most: number;
  readonly title: string;
}

function Column({ x, series, column, most, title }: ColumnProps): ReactNode {
  let top = HEIGHT;
  return (
    <g>
      <title>{title}</title>
      <rect x={x} y={0} width={STEP} height={HEIGHT} className="columns-ground" />
      {series.map(({ key, color, values }) => {
        const value = values[column] ?? 0;
        if (value === 0) return null;
        const height = Math.max(LEAST, (value / most) * HEIGHT);
        top -= height;
        return <rect key={key} x={x} y={Math.max(0, top)} width={STEP - GAP} height={height} style={{ fill: `var(${color})` }} />;
      })}
    </g>
  );
}
