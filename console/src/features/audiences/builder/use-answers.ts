// What the server says of the draft: problems at their rows, the size, the same definition in other forms. Asked a moment after the last
// change; answers to what is no longer there are given up.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { AudienceCheck, Preview } from "@tributary/schema/api/audiences.ts";
import { write, type Draft, type Written } from "../model/draft.ts";
import { checkQuery, previewQuery } from "../queries.ts";
import type { RowProblem } from "./context.ts";
import { problemsByRow } from "./row-problems.ts";

const TYPING_MS = 200;

export interface Answers {
  readonly written: Written;
  /** Of `written` as it was when it was last asked about. */
  readonly key: string;
  readonly isEmpty: boolean;
  /** `key` may be asked about: it was found right. */
  readonly isValid: boolean;
  readonly check: AudienceCheck | undefined;
  readonly checkError: Error | null;
  readonly preview: Preview | undefined;
  readonly previewError: Error | null;
  /** What is shown belongs to an earlier draft. */
  readonly isStale: boolean;
  readonly problems: ReadonlyMap<string, readonly RowProblem[]>;
  readonly sizes: ReadonlyMap<string, number>;
  readonly retry: () => void;
}

export function useAnswers(draft: Draft, own: string | undefined): Answers {
  const written = useMemo(() => write(draft), [draft]);
  const now = useMemo(() => JSON.stringify(written.definition), [written]);
  const [asked] = useDebouncedValue(written, TYPING_MS);
  const key = useMemo(() => JSON.stringify(asked.definition), [asked]);
  const isEmpty = draft.root.children.length === 0;
  const check = useQuery({ ...checkQuery(asked.definition, key, own), enabled: !isEmpty, placeholderData: keepPreviousData });
  const isValid = check.data?.ok === true && !check.isPlaceholderData;
  const preview = useQuery({ ...previewQuery(asked.definition, key, { parts: true }), enabled: isValid && !isEmpty, placeholderData: keepPreviousData });
  const problems = useMemo(() => problemsByRow(check.data, asked), [check.data, asked]);
  const sizes = useMemo(() => sizesOf(preview.data, asked), [preview.data, asked]);
  return {
    written, key, isEmpty, check: check.data, checkError: check.error, isValid: isValid && !isEmpty, preview: preview.data, previewError: preview.error, problems, sizes,
    isStale: now !== key || check.isPlaceholderData || preview.isPlaceholderData || !isValid,
    retry: () => void (check.error ? check.refetch() : preview.refetch()),
  };
}

function sizesOf(preview: Preview | undefined, { places }: Written): ReadonlyMap<string, number> {
  // Of a row that says "not", the whole of it counts: it comes last.
  const parts = (preview?.parts ?? []).toSorted((a, b) => b.path.length - a.path.length);
  return new Map(parts.flatMap(({ path, size }) => {
    const id = places.get(path.replace(/^\/who(?=\/|$)/, ""));
    return id === undefined ? [] : [[id, size] as const];
  }));
}
