// People who asked to be forgotten, read.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ForgettingDetail, ForgettingList } from "@tributary/schema/api/forgettings.ts";
import { read } from "../../api.ts";

const REFRESH_MS = 5_000;
const PAGE = 100;

export const forgettingPagesQuery = infiniteQueryOptions({
  queryKey: ["forgettings", "list"],
  queryFn: ({ pageParam, signal }) => read<ForgettingList>("/forgettings", { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
  refetchInterval: REFRESH_MS,
});

export const forgettingQuery = (id: number) => queryOptions({ queryKey: ["forgettings", "one", id], queryFn: ({ signal }) => read<ForgettingDetail>(`/forgettings/${id}`, {}, signal), refetchInterval: REFRESH_MS });
