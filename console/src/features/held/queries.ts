// What the page of held events reads.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { EventPath, HeldGroups } from "@tributary/schema/api/event-path.ts";
import type { QuarantineList } from "@tributary/schema/api/events.ts";
import type { RefusedWriteList } from "@tributary/schema/api/refused-writes.ts";
import { read } from "../../api.ts";
import type { HeldSearch } from "./held-search.ts";

const PAGE = 100;
const REFRESH_MS = 15_000;

export const heldKey = ["held"] as const;

export function groupsQuery(status: HeldSearch["status"]) {
  return queryOptions({ queryKey: [...heldKey, "groups", status ?? "open"], queryFn: ({ signal }) => read<HeldGroups>("/quarantine/groups", { status }, signal), refetchInterval: REFRESH_MS });
}

export function heldPagesQuery({ reason, status }: Pick<HeldSearch, "reason" | "status">) {
  return infiniteQueryOptions({
    queryKey: [...heldKey, "rows", reason ?? "", status ?? "open"],
    queryFn: ({ pageParam, signal }) => read<QuarantineList>("/quarantine", { reason, status: status ?? "open", limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined, // The type of a cursor, which the first page has not.
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function heldRowQuery(row: number) {
  return queryOptions({ queryKey: [...heldKey, "row", row], queryFn: ({ signal }) => read<QuarantineList>("/quarantine", { row }, signal) });
}

/** Why it is held, and where in it. */
export function heldPathQuery(messageId: string, row: number) {
  return queryOptions({ queryKey: [...heldKey, "path", row], queryFn: ({ signal }) => read<EventPath>(`/events/${encodeURIComponent(messageId)}/path`, { row }, signal), retry: false });
}

export const refusedPagesQuery = infiniteQueryOptions({
  queryKey: ["refused", "pages"],
  queryFn: ({ pageParam, signal }) => read<RefusedWriteList>("/refused-writes", { limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of a cursor, which the first page has not.
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
