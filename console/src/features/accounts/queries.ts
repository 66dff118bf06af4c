// Who works in the workspace, and who is invited.
import { queryOptions } from "@tanstack/react-query";
import type { InvitationAnswer, MemberAnswer, MemberDetail } from "@tributary/schema/api/members.ts";
import { read, readAll } from "../../api.ts";

export const membersQuery = queryOptions({
  queryKey: ["members"], staleTime: 10_000,
  queryFn: ({ signal }) => readAll<MemberAnswer>("/members", signal),
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => readAll<InvitationAnswer>("/invitations", signal),
});

export const memberQuery = (id: string) => queryOptions({ queryKey: ["members", id], queryFn: ({ signal }) => read<MemberDetail>(`/members/${id}`, {}, signal) });
