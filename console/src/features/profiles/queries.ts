// People, read. A person's address may hold any identifier; the answer may be several people, when the identifier is shared.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ProfileAnswer, ProfileList, SharedIdentifier, Timeline } from "@tributary/schema/api/profiles.ts";
import { read } from "../../api.ts";

const PAGE = 100;

/** The first few, for the palette. */
export const profilesQuery = (search: string, limit: number) => queryOptions({
  queryKey: ["profiles", "first", search, limit],
  queryFn: ({ signal }) => read<ProfileList>("/profiles", { search, limit }, signal),
});

export const profilePagesQuery = (search: string) => infiniteQueryOptions({
  queryKey: ["profiles", "pages", search],
  queryFn: ({ pageParam, signal }) => read<ProfileList>("/profiles", { search, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const personPath = (ref: string): string => `/profiles/${encodeURIComponent(ref)}`;

export const personQuery = (ref: string) => queryOptions({
  queryKey: ["profiles", "one", ref],
  queryFn: ({ signal }) => read<ProfileAnswer | SharedIdentifier>(personPath(ref), { include: "provenance" }, signal),
});

export const timelineQuery = (id: string) => infiniteQueryOptions({
  queryKey: ["profiles", "timeline", id],
  queryFn: ({ pageParam, signal }) => read<Timeline>(`${personPath(id)}/events`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});
