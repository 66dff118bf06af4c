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

/** Word by word; a word or two that happen to be the same between changes are told with them, since nobody reads such a patchwork. */
export function wordDiff(before: string, after: string): DiffLine[] | undefined {
  const [old, young] = [before.split(" "), after.split(" ")];
  if (old.length > DIFF_LINES_MAX || young.length > DIFF_LINES_MAX) return undefined;
  return joined(joined(diff(old, young)).flatMap((run, index, runs): DiffLine[] => {
    const isIsland = run.kind === "same" && index > 0 && index < runs.length - 1 && run.text.split(" ").length <= ISLAND_WORDS;
    return isIsland ? [{ kind: "removed", text: run.text }, { kind: "added", text: run.text }] : [run];
  }));
}

const ISLAND_WORDS = 2;

/** Neighbours of one kind as one; between two runs that are the same, what went stands before what came. */
function joined(words: readonly DiffLine[]): DiffLine[] {
  const runs: DiffLine[] = [];
  let from = 0;
  const close = (to: number): void => {
    for (const kind of ["removed", "added"] as const) {
      const of = words.slice(from, to).filter((word) => word.kind === kind);
      if (of.length > 0) runs.push({ kind, text: of.map(({ text }) => text).join(" ") });
    }
    from = to;
  };
  words.forEach((word, index) => {
    if (word.kind !== "same") return;
    close(index);
    from = index + 1;
    const last = runs.at(-1);
    if (last?.kind === "same") runs[runs.length - 1] = { kind: "same", text: `${last.text} ${word.text}` };
    else runs.push(word);
  });
  close(words.length);
  return runs;
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
