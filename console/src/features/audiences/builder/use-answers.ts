// What the server says of the draft: problems at their rows, the size, the same definition in other forms. Asked a moment after the last
// change; answers to what is no longer there are given up.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { AudienceCheck, Preview } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { nodeAt, rowsOf, write, type Draft, type Written } from "../model/draft.ts";
import { checkQuery, previewQuery } from "../queries.ts";
import type { RowProblem } from "./context.ts";

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
  const isEmpty = rowsOf(draft.root).length === 0;
  const check = useQuery({ ...checkQuery(asked.definition, key, own), enabled: !isEmpty, placeholderData: keepPreviousData });
  const isValid = check.data?.ok === true && !check.isPlaceholderData;
  const preview = useQuery({ ...previewQuery(asked.definition, key, { parts: true }), enabled: isValid && !isEmpty, placeholderData: keepPreviousData });
  const problems = useMemo(() => problemsOf(check.data, asked), [check.data, asked]);
  const sizes = useMemo(() => sizesOf(preview.data, asked), [preview.data, asked]);
  return {
    written, key, isEmpty, check: check.data, checkError: check.error, isValid: isValid && !isEmpty, preview: preview.data, previewError: preview.error, problems, sizes,
    isStale: now !== key || check.isPlaceholderData || preview.isPlaceholderData || !isValid,
    retry: () => void (check.error ? check.refetch() : preview.refetch()),
  };
}

function problemsOf(check: AudienceCheck | undefined, { places, definition }: Written): ReadonlyMap<string, readonly RowProblem[]> {
  const found = new Map<string, RowProblem[]>();
  const add = (path: string, problem: RowProblem): void => {
    const id = nodeAt(path, places) ?? places.get("") ?? "";
    const known = found.get(id) ?? [];
    if (!known.some(({ message }) => message === problem.message)) found.set(id, [...known, problem]);
  };
  // What nobody has chosen yet is not wrong.
  for (const { path, message, hint } of check?.problems ?? []) add(path, isUnset(definition, path) ? { message: texts.audiences.builder.unfinished, hint: null, isWarning: true } : { message, hint, isWarning: false });
  for (const { path, message } of check?.warnings ?? []) add(path, { message, hint: null, isWarning: true });
  return found;
}

function isUnset(definition: unknown, path: string): boolean {
  const parts = path.split("/").filter((part) => part !== "");
  if (!toChoose.has(parts.at(-1) ?? "")) return false;
  const value = parts.reduce<unknown>((within, part) => (typeof within === "object" && within !== null ? (within as Readonly<Record<string, unknown>>)[part] : undefined), definition); // Lists have their places for names.
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

const toChoose: ReadonlySet<string> = new Set(["value", "values", "from", "to", "event", "property", "audience", "audiences", "is", "list", "category", "trait", "namespace", "salt"]);

function sizesOf(preview: Preview | undefined, { places }: Written): ReadonlyMap<string, number> {
  // Of a row that says "not", the whole of it counts: it comes last.
  const parts = (preview?.parts ?? []).toSorted((a, b) => b.path.length - a.path.length);
  return new Map(parts.flatMap(({ path, size }) => {
    const id = places.get(path.replace(/^\/who(?=\/|$)/, ""));
    return id === undefined ? [] : [[id, size] as const];
  }));
}
