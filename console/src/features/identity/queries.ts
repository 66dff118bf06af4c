// Who is who, read: the graph of one person, the events behind an edge, and the workspace's lists.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { EvidenceAnswer, IdentityGraph, MergeFeed, ProposalList, SharedList } from "@tributary/schema/api/identity.ts";
import { read } from "../../api.ts";
import { personPath } from "../profiles/queries.ts";

const PAGE = 100;

export const graphQuery = (id: string) => queryOptions({
  queryKey: ["profiles", "identity", id],
  queryFn: ({ signal }) => read<IdentityGraph>(`${personPath(id)}/identity`, {}, signal),
});

export const evidenceQuery = (id: string, a: string, b: string) => queryOptions({
  queryKey: ["profiles", "evidence", id, a, b],
  queryFn: ({ signal }) => read<EvidenceAnswer>(`${personPath(id)}/identity/events`, { a, b, limit: 50 }, signal),
});

export const mergeFeedQuery = (kind: string | undefined, namespace: string | undefined) => infiniteQueryOptions({
  queryKey: ["identity", "merges", kind ?? "", namespace ?? ""],
  queryFn: ({ pageParam, signal }) => read<MergeFeed>("/identity/merges", { kind, namespace, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // The type of the pages after the first.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

/** What agents propose to split, of the whole workspace; for those who may decide. */
export const proposalsQuery = queryOptions({
  queryKey: ["identity", "proposals"], queryFn: ({ signal }) => read<ProposalList>("/identity/proposals", {}, signal), staleTime: 10_000,
});

export const sharedQuery = (namespace: string | undefined) => infiniteQueryOptions({
  queryKey: ["identity", "shared", namespace ?? ""],
  queryFn: ({ pageParam, signal }) => read<SharedList>("/identity/shared", { namespace, limit: PAGE, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined, // As above.
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});
