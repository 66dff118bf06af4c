// Models and warehouses, read.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ModelChanges, ModelList, ModelRunList, ModelShown, RowHistory } from "@tributary/schema/api/models.ts";
import type { WarehouseKind, WarehouseList } from "@tributary/schema/api/warehouses.ts";
import { read } from "../../api.ts";
import type { ModelSearch } from "./models-search.ts";

const WATCH_MS = 1_000;
const REFRESH_MS = 10_000;
const PAGE = 100;
const UNDER_WAY: ReadonlySet<string> = new Set(["waiting", "reading", "comparing"]);

export const isUnderWay = (status: string | undefined): boolean => status !== undefined && UNDER_WAY.has(status);

export const modelPath = (slug: string): string => `/models/${encodeURIComponent(slug)}`;

export const modelListQuery = (search: string, status: "active" | "archived") => queryOptions({
  queryKey: ["models", "list", search, status], queryFn: ({ signal }) => read<ModelList>("/models", { search: search === "" ? undefined : search, status }, signal), placeholderData: keepPreviousData,
  refetchInterval: ({ state }) => (state.data?.data.some(({ last_run: run }) => isUnderWay(run?.status)) ? WATCH_MS : REFRESH_MS),
});

export const modelQuery = (slug: string) => queryOptions({
  queryKey: ["models", "one", slug], queryFn: ({ signal }) => read<ModelShown>(modelPath(slug), {}, signal),
  refetchInterval: ({ state }) => (isUnderWay(state.data?.last_run?.status) ? WATCH_MS : REFRESH_MS),
});

export const runPagesQuery = (slug: string) => infiniteQueryOptions({
  queryKey: ["models", "one", slug, "runs"],
  queryFn: ({ pageParam, signal }) => read<ModelRunList>(`${modelPath(slug)}/runs`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  refetchInterval: ({ state }) => (state.data?.pages[0]?.data.some(({ status }) => isUnderWay(status)) ? WATCH_MS : REFRESH_MS),
});

export const changePagesQuery = (slug: string, { run, change }: ModelSearch) => infiniteQueryOptions({
  queryKey: ["models", "one", slug, "changes", run ?? 0, change ?? ""],
  queryFn: ({ pageParam, signal }) => read<ModelChanges>(`${modelPath(slug)}/changes`, { run, change, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const rowHistoryQuery = (slug: string, key: string) => queryOptions({
  queryKey: ["models", "one", slug, "row", key], queryFn: ({ signal }) => read<RowHistory>(`${modelPath(slug)}/rows/history`, { key }, signal),
});

export const warehouseListQuery = queryOptions({ queryKey: ["warehouses"], queryFn: ({ signal }) => read<WarehouseList>("/warehouses", {}, signal) });

export const warehouseKindsQuery = queryOptions({ queryKey: ["warehouses", "kinds"], queryFn: ({ signal }) => read<{ readonly data: readonly WarehouseKind[] }>("/warehouse-kinds", {}, signal), staleTime: 300_000 });
