// People, read. A person's address may hold any identifier; the answer may be several people, when the identifier is shared.
import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import type { AccountPeople, ProfileAnswer, ProfileList, ProfileSort, SharedIdentifier, Timeline, TraitHistory, TraitNames } from "@tributary/schema/api/profiles.ts";
import type { SettingsAnswer } from "@tributary/schema/api/workspace.ts";
import { read } from "../../api.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import type { PersonSearch } from "./search.ts";

const PAGE = 100;

/** The first few, for the palette. */
export const profilesQuery = (search: string, limit: number) => queryOptions({
  queryKey: ["profiles", "first", search, limit],
  queryFn: ({ signal }) => read<ProfileList>("/profiles", { search, limit }, signal),
});

export const profilePagesQuery = (search: string, sort: ProfileSort = "changed") => infiniteQueryOptions({
  queryKey: ["profiles", "pages", search, sort],
  queryFn: ({ pageParam, signal }) => read<ProfileList>("/profiles", { search, sort, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const personPath = (ref: string): string => `/profiles/${encodeURIComponent(ref)}`;

export const personQuery = (ref: string) => queryOptions({
  queryKey: ["profiles", "one", ref],
  queryFn: ({ signal }) => read<ProfileAnswer | SharedIdentifier>(personPath(ref), { include: "provenance" }, signal),
});

export interface TimelineWish {
  readonly search?: string | undefined;
  readonly type?: string | undefined;
  readonly source_id?: number | undefined;
  readonly before_row?: number | undefined;
}

export const timelineQuery = (id: string, wish: TimelineWish = {}) => infiniteQueryOptions({
  queryKey: ["profiles", "timeline", id, wish],
  queryFn: ({ pageParam, signal }) => read<Timeline>(`${personPath(id)}/events`, { ...wish, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

/** What a timeline of this address asks for. Words are not looked for in what is masked: the server refuses, as the answer would tell what they are. */
export function timelineWish({ q, kind, source, before }: PersonSearch, isMasked: boolean): TimelineWish {
  return { search: isMasked ? undefined : q, type: kind, source_id: source, before_row: before };
}

/** Begins to read a person and, where the page opens on it, the timeline: while the page's own code is still on its way. */
export async function readAhead(client: QueryClient, ref: string, search: PersonSearch, isVisit: boolean): Promise<void> {
  await client.prefetchQuery(personQuery(ref));
  const [person, session] = [client.getQueryData(personQuery(ref).queryKey), client.getQueryData(sessionQuery.queryKey)];
  if (!isVisit || person === undefined || "shared" in person || session === undefined) return;
  const tab = search.tab ?? (session.role === "service_agent" ? "service" : "overview");
  if (tab === "overview") await client.prefetchInfiniteQuery(timelineQuery(person.id, timelineWish(search, !may(session, "personal_data"))));
}

export const traitHistoryQuery = (id: string, name: string) => queryOptions({
  queryKey: ["profiles", "history", id, "trait", name],
  queryFn: ({ signal }) => read<TraitHistory>(`${personPath(id)}/traits/${encodeURIComponent(name)}/history`, {}, signal),
});

export const consentHistoryQuery = (id: string, category: string) => queryOptions({
  queryKey: ["profiles", "history", id, "consent", category],
  queryFn: ({ signal }) => read<TraitHistory>(`${personPath(id)}/consents/${encodeURIComponent(category)}/history`, {}, signal),
});

export const accountPeopleQuery = (id: string, account: string) => queryOptions({
  queryKey: ["profiles", "account", id, account],
  queryFn: ({ signal }) => read<AccountPeople>(`${personPath(id)}/accounts/${encodeURIComponent(account)}/people`, {}, signal),
});

export const traitNamesQuery = queryOptions({ queryKey: ["profiles", "trait-names"], queryFn: ({ signal }) => read<TraitNames>("/trait-names", {}, signal), staleTime: 60_000 });

/** By which channels people are reached, as the workspace says. */
export const channelsQuery = queryOptions({
  queryKey: ["profiles", "channels"], queryFn: ({ signal }) => read<SettingsAnswer>("/settings", {}, signal), select: ({ settings }) => settings, staleTime: 60_000,
});
