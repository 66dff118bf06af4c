// Two sentences compared word by word, in one: what went is struck through, what came is marked.
import { Fragment, useMemo, type ReactNode } from "react";
import { wordDiff } from "./json-diff.ts";

export function WordDiff({ before, after }: { readonly before: string; readonly after: string }): ReactNode {
  const runs = useMemo(() => wordDiff(before, after) ?? [{ kind: "removed" as const, text: before }, { kind: "added" as const, text: after }], [before, after]);
  return (
    <p className="word-diff" dir="auto">
      {runs.map(({ kind, text }, index) => <Fragment key={index}>{index === 0 ? "" : " "}{kind === "same" ? text : kind === "added" ? <ins>{text}</ins> : <del>{text}</del>}</Fragment>)}
    </p>
  );
}
