// The table that the benches print: our figure, its spread over the rounds, the ceiling of the same run, and what was asked.

export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: string;
  readonly ceiling: string;
  readonly share: string;
  readonly goal: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function spread(values: readonly number[]): string {
  if (values.length === 1) return number(values[0] ?? Number.NaN);
  return `${number(median(values))} (${number(Math.min(...values))} to ${number(Math.max(...values))})`;
}

export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-GB");
  return value.toPrecision(3);
}

/** A row with a ceiling: `goal` is the share of it that was asked for. */
export function row(
  what: string, unit: string, ours: readonly number[] = [], ceiling: readonly number[] = [], ceilingName: string, goal: number,
): Row {
  const share = median(ours) / median(ceiling);
  return {
    what, unit, ours: spread(ours), ceiling: `${spread(ceiling)} (${ceilingName})`, share: `${Math.round(share * 100)} %`, goal: `≥ ${goal * 100} %`,
  };
}

export function plainRow(what: string, unit: string, ours: string, goal: string): Row {
  return { what, unit, ours, ceiling: "", share: "", goal };
}

export function printTable(rows: readonly Row[]): string {
  const lines = ["| what | unit | ours: median (range) | ceiling in the same run | share | asked |", "|---|---|---|---|---|---|"];
  for (const one of rows) lines.push(`| ${one.what} | ${one.unit} | ${one.ours} | ${one.ceiling} | ${one.share} | ${one.goal} |`);
  return lines.join("\n");
}
