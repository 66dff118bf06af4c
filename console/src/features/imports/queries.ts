// What the pages of imports read.
import { queryOptions } from "@tanstack/react-query";
import type { ImportError, ImportState } from "@tributary/schema/import.ts";
import { read } from "../../api.ts";

interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

const OPEN_MS = 1_500;
const REST_MS = 30_000;
const LIST_MAX = 200;

export const importsKey = ["imports"] as const;

export const importListQuery = queryOptions({
  queryKey: [...importsKey, "list"], queryFn: ({ signal }) => read<Page<ImportState>>("/imports", { limit: LIST_MAX }, signal),
  // A dry run is nobody's import: it is gone at its end.
  select: (page: Page<ImportState>) => page.data.filter((one) => !one.dry_run),
  refetchInterval: ({ state }) => (state.data?.data.some((one) => isGoing(one)) ? OPEN_MS : REST_MS),
});

export function importQuery(id: number) {
  return queryOptions({
    queryKey: [...importsKey, id], queryFn: ({ signal }) => read<ImportState>(`/imports/${id}`, { include: "files" }, signal),
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? OPEN_MS : false),
  });
}

/** All that are kept, page by page. */
export async function readErrors(id: number, max = Infinity): Promise<ImportError[]> {
  const errors: ImportError[] = [];
  for (let cursor: string | null | undefined; cursor !== null && errors.length < max;) {
    const page: Page<ImportError> = await read(`/imports/${id}/errors`, { limit: Math.min(200, max), cursor: cursor ?? undefined });
    errors.push(...page.data);
    cursor = page.next_cursor;
  }
  return errors;
}

export function isGoing({ status }: ImportState): boolean {
  return status === "uploading" || status === "running" || status === "withdrawing";
}
