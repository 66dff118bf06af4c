// Two JSON values compared line by line, each laid out with its names in order, so that only what differs stands out.
export interface DiffLine {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

/** Beyond so many lines on a side nothing is compared: it would take long, and nobody reads it. */
export const DIFF_LINES_MAX = 1_500;

/** Undefined when there are too many lines. */
export function jsonDiff(before: unknown, after: unknown): DiffLine[] | undefined {
  const [old, young] = [linesOf(before), linesOf(after)];
  return old.length > DIFF_LINES_MAX || young.length > DIFF_LINES_MAX ? undefined : diff(old, young);
}

function linesOf(value: unknown): string[] {
  return JSON.stringify(ordered(value), null, 2).split("\n").map((line) => line.replace(/,$/, ""));
}

/** Values that are no JSON (a BigInt) do not come from an answer of the API. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, ordered(inner)]));
}

/** The longest common subsequence, by the table of its lengths. */
function diff(old: readonly string[], young: readonly string[]): DiffLine[] {
  const width = young.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === young[j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    const [was, is] = [old[i], young[j]];
    if (was !== undefined && was === is) {
      lines.push({ kind: "same", text: was });
      i++;
      j++;
    } else if (is === undefined || (was !== undefined && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) {
      lines.push({ kind: "removed", text: was ?? "" });
      i++;
    } else {
      lines.push({ kind: "added", text: is });
      j++;
    }
  }
  return lines;
}
