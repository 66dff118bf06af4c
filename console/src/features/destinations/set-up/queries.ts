// What the set-up of a destination reads.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { SubscriptionDetail, SubscriptionPreview, Suggestions } from "@tributary/schema/api/destinations.ts";
import { question, read } from "../../../api.ts";
import { destinationPath, subscriptionPath } from "../queries.ts";

export const suggestionsQuery = (slug: string, action: string) => queryOptions({
  queryKey: ["destinations", "one", slug, "suggestions", action], queryFn: ({ signal }) => read<Suggestions>(`${destinationPath(slug)}/suggestions`, { action }, signal), staleTime: 60_000,
});

export const subscriptionQuery = (slug: string, id: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "subscriptions", id], queryFn: ({ signal }) => read<SubscriptionDetail>(subscriptionPath(slug, id), {}, signal),
});

const PREVIEWED = 20;

export const previewQuery = (slug: string, { id, version, definition }: Pick<SubscriptionDetail, "id" | "version" | "definition">) => queryOptions({
  queryKey: ["destinations", "one", slug, "subscriptions", id, "preview", version], staleTime: 10_000, placeholderData: keepPreviousData,
  queryFn: ({ signal }) => question<SubscriptionPreview>(`${destinationPath(slug)}/subscriptions/preview`, { definition, subscription: id, limit: PREVIEWED }, signal),
});
