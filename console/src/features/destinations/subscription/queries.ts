// What the editor of a subscription asks: the subscription and its versions, suggestions, and what it would make of real events.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Choices, PreviewedEvent, SubscriptionDetail, SubscriptionPreview, SubscriptionVersion, SubscriptionVersions, Suggestions, TestSend, WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import { change, question, read } from "../../../api.ts";
import { destinationPath, subscriptionPath } from "../queries.ts";
import { wholeEvent } from "./model/subscription-draft.ts";

const keyOf = (slug: string) => ["destinations", "one", slug] as const;

export const subscriptionQuery = (slug: string, id: number) => queryOptions({
  queryKey: [...keyOf(slug), "subscription", id], queryFn: ({ signal }) => read<SubscriptionDetail>(subscriptionPath(slug, id), {}, signal),
  // While somebody edits it, nothing is put under their hands.
  refetchOnWindowFocus: false, refetchOnReconnect: false,
});

export const subscriptionVersionsQuery = (slug: string, id: number) => queryOptions({
  queryKey: [...keyOf(slug), "subscription", id, "versions"], queryFn: ({ signal }) => read<SubscriptionVersions>(`${subscriptionPath(slug, id)}/versions`, {}, signal),
});

export const subscriptionVersionQuery = (slug: string, id: number, version: number) => queryOptions({
  queryKey: [...keyOf(slug), "subscription", id, "versions", version], queryFn: ({ signal }) => read<SubscriptionVersion>(`${subscriptionPath(slug, id)}/versions/${version}`, {}, signal), staleTime: Infinity,
});

export const suggestionsQuery = (slug: string, action: string) => queryOptions({
  queryKey: [...keyOf(slug), "suggestions", action], queryFn: ({ signal }) => read<Suggestions>(`${destinationPath(slug)}/suggestions`, { action }, signal), staleTime: 60_000,
});

/** The vendor is asked: no more than once a minute for the same. */
export const choicesQuery = (slug: string, action: string, field: string, payload: string) => queryOptions({
  queryKey: [...keyOf(slug), "choices", action, field, payload], queryFn: ({ signal }) => read<Choices>(`${destinationPath(slug)}/choices`, { action, field, payload }, signal), staleTime: 60_000, retry: false,
});

// ── What it would make of events ──────────────────────────────────────────────────────────────────────────────────

/** Events to choose from. */
const EVENTS = 15;
const preview = (slug: string, body: object, signal: AbortSignal): Promise<SubscriptionPreview> => question<SubscriptionPreview>(`${destinationPath(slug)}/subscriptions/preview`, body, signal);

export interface Asked {
  readonly slug: string;
  readonly definition: WrittenSubscription;
  readonly subscription: number | undefined;
}

/** Recent events with what the mapping sees of each; they change with the trigger, and never with the mapping. */
export const recentQuery = ({ slug, definition, subscription }: Asked) => {
  const { action, trigger, identifiers, consent, historical, late } = definition;
  const body = { definition: { action, trigger, identifiers, consent, historical, late, mapping: wholeEvent }, limit: EVENTS, ...(subscription === undefined ? {} : { subscription }) };
  return queryOptions({
    queryKey: [...keyOf(slug), "recent", JSON.stringify(body)], queryFn: ({ signal }) => preview(slug, body, signal), placeholderData: keepPreviousData, retry: false, staleTime: 10_000,
  });
};

/** The event that is looked at: one that is stored, one that somebody wrote down, or one of the comings and goings of an audience. */
export type Looked =
  | { readonly kind: "row"; readonly row: number }
  | { readonly kind: "given"; readonly event: Readonly<Record<string, unknown>> }
  | { readonly kind: "message"; readonly messageId: string };

export const previewQuery = ({ slug, definition, subscription }: Asked, looked: Looked) => {
  const which = looked.kind === "row" ? { row_id: looked.row } : looked.kind === "given" ? { event: looked.event } : { limit: EVENTS };
  const body = { definition, ...which, ...(subscription === undefined ? {} : { subscription }) };
  return queryOptions({
    queryKey: [...keyOf(slug), "preview", JSON.stringify(body), looked.kind === "message" ? looked.messageId : ""],
    queryFn: async ({ signal }) => {
      const { data, problems } = await preview(slug, body, signal);
      return { one: data.find(({ message_id: id }) => looked.kind !== "message" || id === looked.messageId), problems };
    },
    placeholderData: keepPreviousData, retry: false, staleTime: 10_000,
  });
};

/** What the mapping sees of it. */
export const eventOf = (one: PreviewedEvent | undefined): unknown => one?.payload?.["event"];

/** `sample`: of a row of a model, which has no other place by which it could be named. */
export function sendTest({ slug, definition, subscription }: Asked, looked: Looked, one: PreviewedEvent | undefined, sample: unknown): Promise<TestSend> {
  const named = definition.trigger.kind === "model" ? { event: sample } : { profile_id: one?.profile_id, entered: isEntering(one) };
  const which = looked.kind === "row" ? { row_id: looked.row } : looked.kind === "given" ? { event: looked.event } : named;
  return change<TestSend>("POST", `${destinationPath(slug)}/subscriptions/test-send`, { definition, ...which, ...(subscription === undefined ? {} : { subscription }) });
}

/** As it is told of an audience: by the name of the track call. An identify call says it by a trait, and is sent as a coming. */
const isEntering = (one: PreviewedEvent | undefined): boolean => one?.event !== "Audience Exited";
