// Who works in the workspace.
import { queryOptions } from "@tanstack/react-query";
import type { MemberAnswer, MemberList } from "@tributary/schema/api/members.ts";
import { read } from "../../api.ts";

const PAGE = 200;
const PAGES_MAX = 20;

export const membersQuery = queryOptions({ queryKey: ["members"], queryFn: ({ signal }) => readAllMembers(signal), staleTime: 10_000 });

async function readAllMembers(signal: AbortSignal): Promise<readonly MemberAnswer[]> {
  const members: MemberAnswer[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: MemberList = await read<MemberList>("/members", { limit: PAGE, cursor }, signal);
    members.push(...answer.data);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return members;
}
