// Destinations, read.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { DeliveryList, DestinationHealth, ErrorGroups, PersonDeliveries, ReplayList, RequestShown, StatesList } from "@tributary/schema/api/deliveries.ts";
import type { CatalogDetail, CatalogList, DestinationDetail, DestinationList, SubscriptionList } from "@tributary/schema/api/destinations.ts";
import { read } from "../../api.ts";
import type { CatalogSearch, DestinationSearch } from "./destinations-search.ts";

const REFRESH_MS = 5_000;

export const destinationListQuery = ({ search, status = "active" }: { readonly search?: string | undefined; readonly status?: "active" | "archived" | undefined }) => queryOptions({
  queryKey: ["destinations", "list", status, search ?? ""], queryFn: ({ signal }) => read<DestinationList>("/destinations", { status, search }, signal), placeholderData: keepPreviousData,
});

export const statesQuery = queryOptions({
  queryKey: ["destinations", "states"], queryFn: ({ signal }) => read<StatesList>("/destination-states", {}, signal), refetchInterval: REFRESH_MS,
});

interface CatalogWish {
  readonly search?: string | undefined;
  readonly category?: string | undefined;
  readonly show?: CatalogSearch["show"] | "usable" | undefined;
}

export const catalogQuery = ({ search, category, show = "usable" }: CatalogWish) => queryOptions({
  queryKey: ["destinations", "catalog", search ?? "", category ?? "", show], queryFn: ({ signal }) => read<CatalogList>("/catalog", { search, category, availability: show }, signal),
  placeholderData: keepPreviousData, staleTime: 60_000,
});

export const catalogDetailQuery = (slug: string) => queryOptions({
  queryKey: ["destinations", "catalog", "one", slug], queryFn: ({ signal }) => read<CatalogDetail>(`/catalog/${encodeURIComponent(slug)}`, {}, signal), staleTime: 60_000,
});

export const destinationPath = (slug: string): string => `/destinations/${encodeURIComponent(slug)}`;
export const subscriptionPath = (slug: string, id: number): string => `${destinationPath(slug)}/subscriptions/${id}`;

export const destinationQuery = (slug: string) => queryOptions({
  queryKey: ["destinations", "one", slug], queryFn: ({ signal }) => read<DestinationDetail>(destinationPath(slug), {}, signal),
});

export const healthQuery = (slug: string, hours: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "health", hours], queryFn: ({ signal }) => read<DestinationHealth>(`${destinationPath(slug)}/health`, { hours }, signal), refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});

export const subscriptionsQuery = (slug: string) => queryOptions({
  queryKey: ["destinations", "one", slug, "subscriptions"], queryFn: ({ signal }) => read<SubscriptionList>(`${destinationPath(slug)}/subscriptions`, {}, signal),
  // One that is being emptied goes by itself.
  refetchInterval: REFRESH_MS,
});

const PAGE = 100;

export const deliveriesQuery = (slug: string, { outcome, code, event }: DestinationSearch) => infiniteQueryOptions({
  queryKey: ["destinations", "one", slug, "deliveries", outcome ?? "", code ?? "", event ?? ""],
  queryFn: ({ pageParam, signal }) => read<DeliveryList>(`${destinationPath(slug)}/deliveries`, { outcome, code, event, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const errorsQuery = (slug: string, hours: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "errors", hours], queryFn: ({ signal }) => read<ErrorGroups>(`${destinationPath(slug)}/errors`, { hours }, signal), refetchInterval: REFRESH_MS,
});

export const requestQuery = (slug: string, requestId: string) => queryOptions({
  queryKey: ["destinations", "one", slug, "request", requestId], queryFn: ({ signal }) => read<RequestShown>(`${destinationPath(slug)}/requests/${requestId}`, {}, signal), staleTime: 60_000,
});

export const replaysQuery = (slug: string) => queryOptions({
  queryKey: ["destinations", "one", slug, "replays"], queryFn: ({ signal }) => read<ReplayList>(`${destinationPath(slug)}/replays`, {}, signal),
  refetchInterval: ({ state }) => (state.data?.data.some(({ status }) => status === "running") ? 1_000 : REFRESH_MS),
});

export const personDeliveriesQuery = (personId: string) => infiniteQueryOptions({
  queryKey: ["profiles", "deliveries", personId],
  queryFn: ({ pageParam, signal }) => read<PersonDeliveries>(`/profiles/${encodeURIComponent(personId)}/deliveries`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});
