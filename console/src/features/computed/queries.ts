// Computed traits, read: kept ones, and what the editor asks while somebody writes.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ComputedCheck, ComputedList, ComputedPreview, ComputedTemplates, ComputedTraitDetail, ComputedVersions } from "@tributary/schema/api/computed-traits.ts";
import { question, read } from "../../api.ts";
import { saidInLanguage } from "../audiences/said-in.ts";

const WATCH_MS = 2_000;
const REFRESH_MS = 15_000;
const SAMPLE = 8;

export const computedPath = (slug: string): string => `/computed-traits/${encodeURIComponent(slug)}`;

export const computedListQuery = (search: string, status: string) => queryOptions({
  queryKey: ["computed", "list", search, status], queryFn: ({ signal }) => read<ComputedList>("/computed-traits", { search, status }, signal), placeholderData: keepPreviousData,
  refetchInterval: ({ state }) => (state.data?.data.some((one) => one.status === "filling") ? WATCH_MS : REFRESH_MS),
});

export const computedQuery = (slug: string) => queryOptions({
  queryKey: ["computed", "one", slug], queryFn: ({ signal }) => read<ComputedTraitDetail>(computedPath(slug), {}, signal),
  refetchInterval: ({ state }) => (state.data?.status === "filling" ? WATCH_MS : REFRESH_MS),
});

export const computedVersionsQuery = (slug: string) => queryOptions({ queryKey: ["computed", "versions", slug], queryFn: ({ signal }) => read<ComputedVersions>(`${computedPath(slug)}/versions`, {}, signal) });
export const computedTemplatesQuery = queryOptions({ queryKey: ["computed", "templates"], queryFn: ({ signal }) => read<ComputedTemplates>("/computed-traits/templates", {}, signal), staleTime: 60_000 });

/** `slug`: of the one that is changed. */
export const computedCheckQuery = (value: unknown, slug: string | undefined) => queryOptions({
  queryKey: ["computed", "check", JSON.stringify(value), slug ?? ""], staleTime: 60_000, placeholderData: keepPreviousData,
  queryFn: async ({ signal }): Promise<ComputedCheck> => {
    const check = await question<ComputedCheck>("/computed-traits/check", { definition: { value }, ...(slug === undefined ? {} : { slug }) }, signal);
    return { ...check, problems: saidInLanguage(check.problems) };
  },
});

export const computedPreviewQuery = (value: unknown, slug: string | undefined) => queryOptions({
  queryKey: ["computed", "preview", JSON.stringify(value), slug ?? ""], staleTime: 15_000, gcTime: 60_000,
  queryFn: ({ signal }) => question<ComputedPreview>("/computed-traits/preview", { definition: { value }, sample: SAMPLE, ...(slug === undefined ? {} : { slug }) }, signal),
});
