// Destinations, read.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { StatesList } from "@tributary/schema/api/deliveries.ts";
import type { CatalogDetail, CatalogList, DestinationList } from "@tributary/schema/api/destinations.ts";
import { read } from "../../api.ts";
import type { CatalogSearch } from "./destinations-search.ts";

const REFRESH_MS = 10_000;

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
