// An audience at a destination, read.
import { queryOptions } from "@tanstack/react-query";
import type { HoldOutShown, StopList, SyncState } from "@tributary/schema/api/audience-sync.ts";
import { read } from "../../api.ts";
import { subscriptionPath } from "./queries.ts";

const REFRESH_MS = 5_000;
const RUNNING_MS = 1_000;

export const stopsQuery = queryOptions({
  queryKey: ["destinations", "stops"], queryFn: ({ signal }) => read<StopList>("/destination-stops", {}, signal), refetchInterval: REFRESH_MS,
});

export const syncQuery = (slug: string, id: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "subscriptions", id, "sync"], queryFn: ({ signal }) => read<SyncState>(`${subscriptionPath(slug, id)}/sync`, {}, signal),
  refetchInterval: ({ state }) => (state.data?.syncs[0]?.status === "running" ? RUNNING_MS : REFRESH_MS),
});

export const holdOutQuery = (slug: string, id: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "subscriptions", id, "hold-out"], queryFn: ({ signal }) => read<HoldOutShown>(`${subscriptionPath(slug, id)}/hold-out`, {}, signal), staleTime: 60_000,
});
