// The audit log, read page by page.
import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AuditList } from "@tributary/schema/api/workspace.ts";
import { read } from "../../api.ts";
import { auditQuery, type AuditSearch } from "./audit-search.ts";

const PAGE = 100;

export const auditPagesQuery = ({ open: _, ...filters }: AuditSearch) => infiniteQueryOptions({
  queryKey: ["audit", filters],
  queryFn: ({ pageParam, signal }) => read<AuditList>("/audit", { ...auditQuery(filters), limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});
