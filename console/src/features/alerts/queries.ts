// Alerts, read.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { AlertChannelList, AlertDetail, AlertList, AlertRules, AlertSummary } from "@tributary/schema/api/alerts.ts";
import { read } from "../../api.ts";
import type { AlertsSearch } from "./alerts-search.ts";

const REFRESH_MS = 15_000;
const PAGE = 100;

export const alertSummaryQuery = queryOptions({ queryKey: ["alerts", "summary"], queryFn: ({ signal }) => read<AlertSummary>("/alert-summary", {}, signal), refetchInterval: REFRESH_MS });

export const alertPagesQuery = ({ show = "all", kind }: { readonly show?: AlertsSearch["show"] | "all" | undefined; readonly kind?: string | undefined }) => infiniteQueryOptions({
  queryKey: ["alerts", "list", show, kind ?? ""],
  queryFn: ({ pageParam, signal }) => read<AlertList>("/alerts", { status: show, kind, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  refetchInterval: REFRESH_MS,
});

export const alertQuery = (id: number) => queryOptions({ queryKey: ["alerts", "one", id], queryFn: ({ signal }) => read<AlertDetail>(`/alerts/${id}`, {}, signal), refetchInterval: REFRESH_MS });

export const alertRulesQuery = queryOptions({ queryKey: ["alerts", "rules"], queryFn: ({ signal }) => read<AlertRules>("/alert-rules", {}, signal) });

export const alertChannelsQuery = queryOptions({ queryKey: ["alerts", "channels"], queryFn: ({ signal }) => read<AlertChannelList>("/alert-channels", {}, signal), refetchInterval: REFRESH_MS });
