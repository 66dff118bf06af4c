// Lists of people that somebody keeps, uploads, or freezes from an audience. Postgres has everybody under the id that they were put on
// it with; ClickHouse, where conditions are asked, is told in the same transaction through the outbox, and the evaluator looks at
// whoever is named there. Written as the tables' owner, for the outbox is of all workspaces: each statement names its workspace.
import type { ClientBase } from "pg";
import { listsNamed } from "@tributary/schema/audience/references.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { writeAudienceRows } from "../pipeline/outbox/audience-outbox.ts";
import { freeSlug } from "./audience-slug.ts";
import { lockAudiences, presentAudience, readAudiences, type Changing, type Reference } from "./audience-store.ts";

/** Lists of a workspace, and people on one of them. */
const LISTS_MAX = 1_000;
const LIST_PEOPLE_MAX = 2_000_000;

export interface StoredList {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: "uploaded" | "by_hand" | "frozen";
  /** The slug of the audience that it is a copy of. */
  readonly frozenOf: string | null;
  readonly frozenAt: Date | null;
  readonly size: number;
  readonly createdAt: Date;
  readonly createdBy: string;
}

const SELECT = `select l.id, l.slug, l.name, l.kind, a.slug as "frozenOf", l.frozen_at as "frozenAt", l.size::float8 as size, l.created_at as "createdAt", l.created_by as "createdBy"
  from audience_list l left join audience a on a.id = l.frozen_of and a.workspace_id = l.workspace_id`;

/** By name. */
export async function readLists(db: ClientBase, workspaceId: number): Promise<StoredList[]> {
  return (await db.query<StoredList>(`${SELECT} where l.workspace_id = $1 order by lower(l.name), l.id`, [workspaceId])).rows;
}

export async function presentList(db: ClientBase, workspaceId: number, slug: string): Promise<StoredList> {
  const { rows } = await db.query<StoredList>(`${SELECT} where l.workspace_id = $1 and l.slug = $2`, [workspaceId, slug]);
  const [found] = rows;
  if (found === undefined) throw new AppError("not_found", { detail: `There is no list \`${slug}\`.`, hint: "Look at the slugs of GET /audience-lists." });
  return found;
}

/** The audiences that ask for it, archived ones too: they may be restored. */
export async function usersOfList(db: ClientBase, workspaceId: number, slug: string): Promise<Reference[]> {
  const all = await readAudiences(db, workspaceId);
  return all.filter((one) => listsNamed(one.definition).includes(slug)).map((one) => ({ kind: "audience", slug: one.slug, name: one.name }));
}

export interface NewList {
  readonly slug?: string | undefined;
  readonly name: string;
  readonly kind: "uploaded" | "by_hand";
  readonly frozenOf?: string | undefined;
}

export async function createList(tx: ClientBase, by: Changing, wish: NewList): Promise<StoredList> {
  await lockAudiences(tx, by.workspaceId);
  const lists = await readLists(tx, by.workspaceId);
  if (lists.length >= LISTS_MAX) throw new AppError("limit_reached", { detail: `A workspace has at most ${LISTS_MAX} lists.`, hint: "Delete one that nobody needs." });
  const slug = freeSlug(wish, new Set(lists.map((one) => one.slug)), { what: "a list", fallback: "list", words: new Set() });
  const frozen = wish.frozenOf === undefined ? undefined : await presentAudience(tx, by.workspaceId, wish.frozenOf);
  if (frozen !== undefined && frozen.status !== "active") {
    throw new AppError("conflict", { detail: `The audience \`${frozen.slug}\` is ${frozen.status}, so nobody knows who is in it now.`, hint: "Freeze it when it is active." });
  }
  const { rows } = await tx.query<{ id: number }>(
    `insert into audience_list (workspace_id, slug, name, kind, frozen_of, frozen_at, created_by, created_at)
     values ($1, $2, $3, $4, $5, case when $5::integer is null then null else $7::timestamptz end, $6, $7) returning id`,
    [by.workspaceId, slug, wish.name, frozen === undefined ? wish.kind : "frozen", frozen?.id ?? null, by.actor, new Date(by.nowMs)],
  );
  const id = Number(rows[0]?.id);
  if (frozen !== undefined) {
    const people = await tx.query<{ id: string }>(
      `select distinct coalesce(p.merged_into, p.id) as id from audience_person m join profile p on p.id = m.profile_id
       where m.workspace_id = $1 and m.member_of @> array[$2::integer] and not p.suppressed limit ${LIST_PEOPLE_MAX + 1}`, [by.workspaceId, frozen.id],
    );
    await addPeople(tx, by, id, people.rows.map((row) => row.id));
  }
  await recordAudit(tx, { ...by, action: "audience_list.create", target: `audience_list:${slug}`, detail: { name: wish.name, ...(frozen === undefined ? {} : { frozen_of: frozen.slug }) } }, by.nowMs);
  return presentList(tx, by.workspaceId, slug);
}

export async function renameList(tx: ClientBase, by: Changing, slug: string, name: string): Promise<StoredList> {
  const before = await presentList(tx, by.workspaceId, slug);
  if (before.name === name) return before;
  await tx.query("update audience_list set name = $3 where workspace_id = $1 and id = $2", [by.workspaceId, before.id, name]);
  await recordAudit(tx, { ...by, action: "audience_list.change", target: `audience_list:${slug}`, detail: { changed: ["name"] } }, by.nowMs);
  return presentList(tx, by.workspaceId, slug);
}

export async function deleteList(tx: ClientBase, by: Changing, slug: string): Promise<StoredList> {
  await lockAudiences(tx, by.workspaceId);
  const list = await presentList(tx, by.workspaceId, slug);
  const users = await usersOfList(tx, by.workspaceId, slug);
  if (users.length > 0) {
    throw new AppError("in_use", { detail: `\`${slug}\` can't be deleted: ${users.map((one) => `the audience “${one.name}” (\`${one.slug}\`)`).join(", ")} ${users.length === 1 ? "asks" : "ask"} for it.` });
  }
  const people = await tx.query<{ id: string }>(
    "select distinct coalesce(p.merged_into, p.id) as id from audience_list_member m join profile p on p.id = m.profile_id where m.workspace_id = $1 and m.list_id = $2", [by.workspaceId, list.id],
  );
  await tellClickHouse(tx, by.workspaceId, list.id, people.rows.map(({ id }) => ({ profileId: id, added: false })));
  await tx.query("delete from audience_list where workspace_id = $1 and id = $2", [by.workspaceId, list.id]);
  await recordAudit(tx, { ...by, action: "audience_list.delete", target: `audience_list:${slug}`, detail: { name: list.name, size: list.size } }, by.nowMs);
  return list;
}

interface ListPeople {
  /** As they are today. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface ListChanged {
  readonly added: number;
  readonly removed: number;
  readonly size: number;
}

/** Whoever is both added and removed is removed. */
export async function changeListPeople(tx: ClientBase, by: Changing, slug: string, { add, remove }: ListPeople): Promise<ListChanged> {
  await lockAudiences(tx, by.workspaceId);
  const list = await presentList(tx, by.workspaceId, slug);
  if (list.kind === "frozen") throw new AppError("conflict", { detail: `\`${slug}\` is a frozen copy, which never changes.`, hint: "Make a list of your own for these people." });
  const removedIds = new Set(remove);
  const added = await addPeople(tx, by, list.id, [...new Set(add)].filter((id) => !removedIds.has(id)));
  const removed = await removePeople(tx, by, list.id, [...removedIds]);
  const size = (await presentList(tx, by.workspaceId, slug)).size;
  if (added + removed > 0) await recordAudit(tx, { ...by, action: "audience_list.people", target: `audience_list:${slug}`, detail: { added, removed, size } }, by.nowMs);
  return { added, removed, size };
}

interface ListedPerson {
  readonly id: string;
  readonly addedAt: Date;
  readonly addedBy: string;
}

/** Each once, as the person that they are today, in the order of their ids. */
export async function readListPeople(db: ClientBase, workspaceId: number, slug: string, page: { readonly after: string | undefined; readonly limit: number }): Promise<ListedPerson[]> {
  const list = await presentList(db, workspaceId, slug);
  const { rows } = await db.query<ListedPerson>(
    `select distinct on (person) person as id, added_at as "addedAt", added_by as "addedBy" from (
       select coalesce(p.merged_into, p.id) as person, m.added_at, m.added_by from audience_list_member m join profile p on p.id = m.profile_id and not p.suppressed
       where m.workspace_id = $1 and m.list_id = $2
     ) as listed where $3::uuid is null or person > $3 order by person, added_at limit $4`, [workspaceId, list.id, page.after ?? null, page.limit],
  );
  return rows;
}

/** Those who are not on it yet, under whatever id. */
async function addPeople(tx: ClientBase, by: Changing, listId: number, ids: readonly string[]): Promise<number> {
  const there = await tx.query<{ id: string }>(
    `select distinct coalesce(p.merged_into, p.id) as id from audience_list_member m join profile p on p.id = m.profile_id
     where m.workspace_id = $1 and m.list_id = $2 and coalesce(p.merged_into, p.id) = any($3::uuid[])`, [by.workspaceId, listId, ids],
  );
  const known = new Set(there.rows.map(({ id }) => id));
  const fresh = ids.filter((id) => !known.has(id));
  const { rows } = await tx.query<{ size: number }>("select size::float8 as size from audience_list where id = $1", [listId]);
  if ((rows[0]?.size ?? 0) + fresh.length > LIST_PEOPLE_MAX) throw new AppError("limit_reached", { detail: `A list has at most ${LIST_PEOPLE_MAX} people.`, hint: "Divide them among several." });
  if (fresh.length === 0) return 0;
  await tx.query(
    `insert into audience_list_member (list_id, workspace_id, profile_id, added_by, added_at) select $1, $2, id, $4, $5 from unnest($3::uuid[]) as id on conflict do nothing`,
    [listId, by.workspaceId, fresh, by.actor, new Date(by.nowMs)],
  );
  await tellClickHouse(tx, by.workspaceId, listId, fresh.map((profileId) => ({ profileId, added: true })));
  await count(tx, listId);
  return fresh.length;
}

/** Under every id that is theirs today. */
async function removePeople(tx: ClientBase, by: Changing, listId: number, ids: readonly string[]): Promise<number> {
  const gone = await tx.query<{ person: string }>(
    `delete from audience_list_member m using profile p where p.id = m.profile_id and m.workspace_id = $1 and m.list_id = $2 and coalesce(p.merged_into, p.id) = any($3::uuid[])
     returning coalesce(p.merged_into, p.id) as person`, [by.workspaceId, listId, ids],
  );
  const people = [...new Set(gone.rows.map(({ person }) => person))];
  if (people.length === 0) return 0;
  await tellClickHouse(tx, by.workspaceId, listId, people.map((profileId) => ({ profileId, added: false })));
  await count(tx, listId);
  return people.length;
}

async function count(tx: ClientBase, listId: number): Promise<void> {
  await tx.query(
    `update audience_list set size = (select count(distinct coalesce(p.merged_into, p.id)) from audience_list_member m join profile p on p.id = m.profile_id where m.list_id = $1 and not p.suppressed)
     where id = $1`, [listId],
  );
}

async function tellClickHouse(tx: ClientBase, workspaceId: number, listId: number, people: readonly { readonly profileId: string; readonly added: boolean }[]): Promise<void> {
  if (people.length === 0) return;
  const { rows } = await tx.query<{ partition: number }>("select log_partition as partition from workspace where id = $1", [workspaceId]);
  const [workspace] = rows;
  if (workspace === undefined) throw new AppError("not_found", { detail: "This workspace is no more." });
  await writeAudienceRows(tx, workspace.partition, { lists: people.map((one) => ({ ...one, workspaceId, listId })) });
}
