// Who is on which list after merges and unmerges. Postgres keeps everybody under the id that they were put on it with, so who that is
// today follows by itself; ClickHouse is told of those for whom it changed.
import type { ClientBase } from "pg";
import type { ListMemberRow } from "../pipeline/outbox/audience-outbox.ts";
import type { TouchedWorkspace } from "./touched.ts";

/** Rows that put people made one, or made anew, on the lists that they are on now, and take ids off that answer no more. */
export async function relistedRows(tx: ClientBase, { workspaceId, people, gone }: Pick<TouchedWorkspace, "workspaceId" | "people" | "gone">): Promise<ListMemberRow[]> {
  const groups = groupsOf(people, gone);
  const lists = await listsOf(tx, workspaceId, [...new Set(groups.flat())]);
  if (lists.size === 0) return [];
  const rows = new Map<string, ListMemberRow>();
  for (const group of groups) {
    const listIds = new Set(group.flatMap((id) => [...(lists.get(id) ?? [])]));
    for (const listId of listIds) {
      for (const profileId of group) rows.set(`${listId} ${profileId}`, { workspaceId, listId, profileId, added: lists.get(profileId)?.has(listId) ?? false });
    }
  }
  return [...rows.values()];
}

/** Ids among which members of lists may have changed hands. */
function groupsOf(people: TouchedWorkspace["people"], gone: TouchedWorkspace["gone"]): string[][] {
  const groups = new Map<string, string[]>();
  const add = (key: string, id: string): void => void groups.set(key, [...(groups.get(key) ?? []), id]);
  for (const { profileId, into } of gone) {
    if (into === undefined) continue;
    if (!groups.has(into)) add(into, into);
    add(into, profileId);
  }
  for (const { profileId, anew } of people) if (anew) add(`row ${anew.rowId}`, profileId);
  return [...groups.values()];
}

/** Person → the lists that they are on today, under whatever id. */
async function listsOf(tx: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, Set<number>>> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ person: string; list_id: number }>(
    `select distinct coalesce(p.merged_into, p.id) as person, m.list_id
     from profile p join audience_list_member m on m.profile_id = p.id
     where p.workspace_id = $1 and not p.suppressed and (p.id = any($2::uuid[]) and p.merged_into is null or p.merged_into = any($2::uuid[]))`,
    [workspaceId, ids],
  );
  const lists = new Map<string, Set<number>>();
  for (const { person, list_id } of rows) lists.set(person, (lists.get(person) ?? new Set()).add(list_id));
  return lists;
}
