// Files and answers with people in them, and the links of shares.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ExportList, ExportPeople, Exported, Share } from "@tributary/schema/api/exports.ts";
import type { Audience } from "@tributary/schema/api/audiences.ts";
import { read, readAll } from "../../api.ts";

const PAGE = 100;

/** What leaves is written down while somebody looks at the list. */
const REFRESH_MS = 15_000;

export const exportPagesQuery = infiniteQueryOptions({
  queryKey: ["exports", "pages"],
  queryFn: ({ pageParam, signal }) => read<ExportList>("/exports", { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  refetchInterval: REFRESH_MS,
  // Whoever comes back from having written a file finds it.
  staleTime: 0,
});

/** Who has been given data about one person. */
export const personExportsQuery = (ref: string) => queryOptions({
  queryKey: ["exports", "person", ref], queryFn: ({ signal }) => read<{ data: readonly Exported[] }>(`/profiles/${encodeURIComponent(ref)}/exports`, {}, signal), enabled: ref !== "", staleTime: 0,
});

export const exportPeopleQuery = (id: string) => infiniteQueryOptions({
  queryKey: ["exports", "people", id],
  queryFn: ({ pageParam, signal }) => read<ExportPeople>(`/exports/${id}/people`, { cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const sharesQuery = queryOptions({ queryKey: ["exports", "shares"], queryFn: ({ signal }) => read<{ data: readonly Share[] }>("/shares", {}, signal), staleTime: 0 });

/** To choose one of. */
export const audienceChoicesQuery = queryOptions({ queryKey: ["audiences", "choices"], queryFn: ({ signal }) => readAll<Audience>("/audiences", signal), staleTime: 60_000 });
