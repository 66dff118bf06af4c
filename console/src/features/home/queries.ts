// What Home reads besides the ledger: everything that waits for a person.
import { queryOptions } from "@tanstack/react-query";
import type { QuarantineList } from "@tributary/schema/api/events.ts";
import type { RefusedWriteList } from "@tributary/schema/api/refused-writes.ts";
import type { RejectedKeyList } from "@tributary/schema/api/workspace.ts";
import type { Freshness } from "@tributary/schema/api/freshness.ts";
import type { LedgerBucketList } from "@tributary/schema/api/ledger-buckets.ts";
import { read } from "../../api.ts";

const ROWS = 200;
const REFRESH_MS = 10_000;

export const heldQuery = queryOptions({
  queryKey: ["needs", "held"], queryFn: ({ signal }) => read<QuarantineList>("/quarantine", { status: "open", limit: ROWS }, signal), refetchInterval: REFRESH_MS,
});
export const refusedQuery = queryOptions({
  queryKey: ["needs", "refused"], queryFn: ({ signal }) => read<RefusedWriteList>("/refused-writes", { status: "open", limit: ROWS }, signal), refetchInterval: REFRESH_MS,
});
export const rejectedQuery = queryOptions({
  queryKey: ["needs", "rejected"], queryFn: ({ signal }) => read<RejectedKeyList>("/rejected-keys", {}, signal), refetchInterval: REFRESH_MS,
});
/** The hours of the last day, all sources together. */
export const dayVolumeQuery = queryOptions({
  queryKey: ["ledger", "buckets", "day"], queryFn: ({ signal }) => read<LedgerBucketList>("/ledger/buckets", { by: "hour" }, signal), refetchInterval: REFRESH_MS,
});
export const freshnessQuery = queryOptions({
  queryKey: ["freshness"], queryFn: ({ signal }) => read<Freshness>("/freshness", { by: "hour" }, signal), refetchInterval: REFRESH_MS,
});
