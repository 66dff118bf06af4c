// The comparison of two JSON values as people read it: what went with a minus, what came with a plus, long runs without a
// difference folded away.
import { useMemo, type ReactNode } from "react";
import { jsonDiff, type DiffLine } from "./json-diff.ts";

const AROUND = 2;

export interface JsonDiffProps {
  readonly before: unknown;
  readonly after: unknown;
  readonly label: string;
  /** What stands for so many lines without a difference. */
  readonly skipped: (lines: number) => string;
  /** In place of a comparison that would be too long. */
  readonly tooLong: ReactNode;
}

export function JsonDiff({ before, after, label, skipped, tooLong }: JsonDiffProps): ReactNode {
  const lines = useMemo(() => jsonDiff(before, after), [before, after]);
  if (lines === undefined) return tooLong;
  return (
    <pre className="code diff" tabIndex={0} aria-label={label} dir="ltr">
      {foldedLines(lines).map((line, index) => (typeof line === "number" ? <span key={index} className="skipped">{`⋯ ${skipped(line)}\n`}</span> : <Line key={index} line={line} />))}
    </pre>
  );
}

function Line({ line: { kind, text } }: { readonly line: DiffLine }): ReactNode {
  if (kind === "same") return `  ${text}\n`;
  return kind === "added" ? <ins>{`+ ${text}\n`}</ins> : <del>{`- ${text}\n`}</del>;
}

/** Lines, and numbers for those left out between them. */
function foldedLines(lines: readonly DiffLine[]): (DiffLine | number)[] {
  const isNear = lines.map((_, index) => lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ kind }) => kind !== "same"));
  const folded: (DiffLine | number)[] = [];
  lines.forEach((line, index) => {
    const last = folded.at(-1);
    if (isNear[index]) folded.push(line);
    else if (typeof last === "number") folded[folded.length - 1] = last + 1;
    else folded.push(1);
  });
  return folded;
}
