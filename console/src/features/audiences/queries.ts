// Audiences, read: kept ones, and what the builder asks while somebody edits.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type {
  Audience, AudienceAsOf, AudienceChanges, AudienceCheck, AudienceDetail, AudienceFlow, AudienceList, AudienceLists, AudienceMembers, AudienceSizes, AudienceTemplates, AudienceTrends, AudienceValues, AudienceVersions, AudienceWhy,
  PersonAudiences, PersonHistory, Preview, PreviewProgress,
} from "@tributary/schema/api/audiences.ts";
import { change, question, read } from "../../api.ts";
import { saidInLanguage } from "./said-in.ts";

const PAGE = 100;
const WATCH_MS = 2_000;
const REFRESH_MS = 15_000;
export const TREND_DAYS = 28;

export type Member = AudienceMembers["data"][number];

export const audiencePath = (slug: string): string => `/audiences/${encodeURIComponent(slug)}`;

export interface AudienceWish {
  readonly search: string;
  readonly folder: string | undefined;
  readonly status: string;
}

export const audiencePagesQuery = ({ search, folder, status }: AudienceWish) => infiniteQueryOptions({
  queryKey: ["audiences", "pages", search, folder ?? "", status],
  queryFn: ({ pageParam, signal }) => read<AudienceList>("/audiences", { search, folder, status, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  placeholderData: keepPreviousData,
  refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some((one) => one.status === "filling")) ? WATCH_MS : REFRESH_MS),
});

/** All of them, for a file. */
export async function allAudiences({ search, folder, status }: AudienceWish): Promise<readonly Audience[]> {
  const found: Audience[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await read<AudienceList>("/audiences", { search, folder, status, limit: PAGE, cursor });
    found.push(...page.data);
    if (page.next_cursor === null) return found;
    cursor = page.next_cursor;
  }
}

/** A new day's number is no hurry. */
const TRENDS_STALE_MS = 5 * 60_000;
const TRENDS_AT_ONCE = 200;

/** How large these were, a number a day. */
export const trendsQuery = (slugs: readonly string[]) => queryOptions({
  queryKey: ["audience-trends", slugs], enabled: slugs.length > 0, staleTime: TRENDS_STALE_MS, placeholderData: keepPreviousData,
  queryFn: async ({ signal }) => {
    const parts = Array.from({ length: Math.ceil(slugs.length / TRENDS_AT_ONCE) }, (_, i) => slugs.slice(i * TRENDS_AT_ONCE, (i + 1) * TRENDS_AT_ONCE));
    const answers = await Promise.all(parts.map((part) => read<AudienceTrends>("/audience-trends", { audiences: part.join(","), days: TREND_DAYS }, signal)));
    return new Map(answers.flatMap(({ data }) => data.map(({ slug, sizes }) => [slug, sizes] as const)));
  },
});

/** For pickers: all that are in use. */
export const audienceNamesQuery = queryOptions({ queryKey: ["audiences", "names"], queryFn: ({ signal }) => read<AudienceList>("/audiences", { limit: 200 }, signal), staleTime: 30_000 });

export const audienceQuery = (slug: string) => queryOptions({
  queryKey: ["audiences", "one", slug],
  queryFn: ({ signal }) => read<AudienceDetail>(audiencePath(slug), {}, signal),
  refetchInterval: ({ state }) => (state.data?.status === "filling" ? WATCH_MS : REFRESH_MS),
});

export const versionsQuery = (slug: string) => queryOptions({ queryKey: ["audiences", "versions", slug], queryFn: ({ signal }) => read<AudienceVersions>(`${audiencePath(slug)}/versions`, {}, signal) });
export const sizesQuery = (slug: string, days: number) => queryOptions({ queryKey: ["audiences", "sizes", slug, days], queryFn: ({ signal }) => read<AudienceSizes>(`${audiencePath(slug)}/sizes`, { days }, signal) });

export const membersQuery = (slug: string) => infiniteQueryOptions({
  queryKey: ["audiences", "members", slug],
  queryFn: ({ pageParam, signal }) => read<AudienceMembers>(`${audiencePath(slug)}/members`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const changesQuery = (slug: string) => infiniteQueryOptions({
  queryKey: ["audiences", "changes", slug],
  queryFn: ({ pageParam, signal }) => read<AudienceChanges>(`${audiencePath(slug)}/changes`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  refetchInterval: REFRESH_MS,
});

export const whyQuery = (slug: string, person: string, at: string | undefined) => queryOptions({
  queryKey: ["audiences", "why", slug, person, at ?? ""], queryFn: ({ signal }) => read<AudienceWhy>(`${audiencePath(slug)}/why/${encodeURIComponent(person)}`, { at }, signal),
});
export const historyQuery = (slug: string, person: string) => queryOptions({
  queryKey: ["audiences", "history", slug, person], queryFn: ({ signal }) => read<PersonHistory>(`${audiencePath(slug)}/history/${encodeURIComponent(person)}`, {}, signal),
});
export const asOfQuery = (slug: string, at: string) => queryOptions({
  queryKey: ["audiences", "as-of", slug, at], queryFn: ({ signal }) => read<AudienceAsOf>(`${audiencePath(slug)}/as-of`, { at }, signal),
});
export const personAudiencesQuery = (id: string) => queryOptions({
  queryKey: ["profiles", "audiences", id], queryFn: ({ signal }) => read<PersonAudiences>(`/profiles/${encodeURIComponent(id)}/audiences`, {}, signal), refetchInterval: REFRESH_MS,
});

export const templatesQuery = queryOptions({ queryKey: ["audiences", "templates"], queryFn: ({ signal }) => read<AudienceTemplates>("/audiences/templates", {}, signal), staleTime: 60_000 });
export const listsQuery = queryOptions({ queryKey: ["audiences", "lists"], queryFn: ({ signal }) => read<AudienceLists>("/audience-lists", {}, signal) });

export const listPath = (slug: string): string => `/audience-lists/${encodeURIComponent(slug)}`;
/** Below the lists, so that whatever changes a list asks for its people again. */
export const listMembersQuery = (slug: string) => infiniteQueryOptions({
  queryKey: ["audiences", "lists", slug, "members"],
  queryFn: ({ pageParam, signal }) => read<AudienceMembers>(`${listPath(slug)}/members`, { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

// ── While editing: each asks about a definition as it is written, and is given up when the next one comes ─────────────────────────

/** `slug`: the audience that is changed. */
export const checkQuery = (definition: unknown, key: string, slug: string | undefined) => queryOptions({
  queryKey: ["audiences", "check", key, slug ?? ""], staleTime: 60_000, gcTime: 60_000,
  queryFn: async ({ signal }): Promise<AudienceCheck> => {
    const check = await question<AudienceCheck>("/audiences/check", { definition, ...(slug === undefined ? {} : { slug }) }, signal);
    return { ...check, problems: saidInLanguage(check.problems), warnings: saidInLanguage(check.warnings) };
  },
});

export interface PreviewWish {
  readonly sample?: number;
  readonly by?: string;
  readonly by_computed?: string;
  readonly overlap?: readonly string[];
  readonly reach?: boolean;
  readonly parts?: boolean;
}

export const previewQuery = (definition: unknown, key: string, wish: PreviewWish) => queryOptions({
  queryKey: ["audiences", "preview", key, wish], queryFn: ({ signal }) => question<Preview>("/audiences/preview", { definition, ...wish }, signal), staleTime: 15_000, gcTime: 60_000,
});
/** Asked again and again while a first preview is being made. */
export const previewProgressQuery = queryOptions({ queryKey: ["audiences", "preview-progress"], queryFn: ({ signal }) => read<PreviewProgress>("/audience-preview-progress", {}, signal), refetchInterval: 500, staleTime: 0, gcTime: 0 });
export const flowQuery = (definition: unknown, key: string, days: number) => queryOptions({
  queryKey: ["audiences", "flow", key, days], queryFn: ({ signal }) => question<AudienceFlow>("/audiences/flow", { definition, days }, signal), staleTime: 60_000, gcTime: 60_000,
});

export interface ValueWish {
  readonly place: "trait" | "property" | "context";
  readonly event: string;
  readonly path: string;
}

export const valuesQuery = ({ place, event, path }: ValueWish, search: string) => queryOptions({
  queryKey: ["audiences", "values", place, event, path, search], queryFn: ({ signal }) => read<AudienceValues>("/audiences/values", { place, event, path, search }, signal), staleTime: 30_000,
});

export const archive = (slug: string, isBack: boolean): Promise<unknown> => change("POST", `${audiencePath(slug)}/${isBack ? "restore" : "archive"}`, {});
