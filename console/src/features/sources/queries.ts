// Sources, and what the ledger counted of them. Names of sources are wanted on many pages, so the list is shared.
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { EventList, Ledger } from "@tributary/schema/api/events.ts";
import type { LedgerBucketList } from "@tributary/schema/api/ledger-buckets.ts";
import type { KeyUseList } from "@tributary/schema/api/source-keys.ts";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { read, readAll } from "../../api.ts";

const REFRESH_MS = 10_000;

export const sourceListQuery = queryOptions({ queryKey: ["sources"], queryFn: ({ signal }) => readAll<SourceAnswer>("/sources", signal), staleTime: 30_000 });

/** The last 24 hours, of all sources. */
export const ledgerQuery = queryOptions({
  queryKey: ["ledger"], queryFn: ({ signal }) => read<Ledger>("/ledger", {}, signal), refetchInterval: REFRESH_MS,
});

/** The event received last; of one source when it is named. */
export const latestEventQuery = (source?: number) => queryOptions({
  queryKey: ["events", "latest", source ?? 0], queryFn: ({ signal }) => read<EventList>("/events", { limit: 1, source }, signal), refetchInterval: REFRESH_MS,
});

/** Who used the keys of a source during the last day. */
export const keyUseQuery = (source: number) => queryOptions({
  queryKey: ["sources", source, "use"], queryFn: ({ signal }) => read<KeyUseList>(`/sources/${source}/keys/usage`, {}, signal), refetchInterval: REFRESH_MS,
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export type Span = "24h" | "7d";

/** What came in over the hours of a span, of one source. */
export const volumeQuery = (source: number, span: Span) => queryOptions({
  queryKey: ["ledger", "buckets", source, span], queryFn: ({ signal }) => read<LedgerBucketList>("/ledger/buckets", { source, ...rangeOf(span) }, signal), refetchInterval: REFRESH_MS,
});

/** The hours of the last day, of every source by itself. */
export const volumesQuery = queryOptions({
  queryKey: ["ledger", "buckets", "each"], queryFn: ({ signal }) => read<LedgerBucketList>("/ledger/buckets", { per_source: "true", ...rangeOf("24h") }, signal), refetchInterval: REFRESH_MS,
});

function rangeOf(span: Span): { readonly by: string; readonly from: string } {
  return { by: "hour", from: new Date(Date.now() - (span === "7d" ? 7 * DAY_MS : DAY_MS)).toISOString() };
}

/** The name of a source by its id; until it is known, and for the workspace's own changes, the id. */
export function useSourceName(): (id: number) => string {
  const { data } = useQuery(sourceListQuery);
  return (id) => data?.find((source) => source.id === id)?.name ?? `#${id}`;
}
