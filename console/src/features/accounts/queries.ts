// Who works in the workspace, and who is invited.
import { queryOptions } from "@tanstack/react-query";
import type { InvitationAnswer, InvitationList, MemberAnswer, MemberDetail, MemberList } from "@tributary/schema/api/members.ts";
import { read } from "../../api.ts";

const PAGE = 200;
const PAGES_MAX = 20;

export const membersQuery = queryOptions({
  queryKey: ["members"], staleTime: 10_000,
  queryFn: ({ signal }) => readAll<MemberAnswer>((cursor) => read<MemberList>("/members", { limit: PAGE, cursor }, signal)),
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => readAll<InvitationAnswer>((cursor) => read<InvitationList>("/invitations", { limit: PAGE, cursor }, signal)),
});

export const memberQuery = (id: string) => queryOptions({ queryKey: ["members", id], queryFn: ({ signal }) => read<MemberDetail>(`/members/${id}`, {}, signal) });

async function readAll<T>(page: (cursor: string | undefined) => Promise<{ readonly data: readonly T[]; readonly next_cursor: string | null }>): Promise<readonly T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < PAGES_MAX; count++) {
    const answer = await page(cursor);
    rows.push(...answer.data);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return rows;
}
