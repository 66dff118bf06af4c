// From here on nothing of a person is folded or sent, look-ups find nobody, and of the identifiers only the salted keys
// stay, by which later events of the person are recognised and dropped. Who is to be forgotten is written down in the same transaction,
// with the identifiers by which destinations know them: behind it they stand nowhere else.
import type { ClientBase } from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import { writeAudienceRows } from "../outbox/audience-outbox.ts";
import type { ControlWork } from "./handle-control.ts";
import { livePersonOf } from "./live-person.ts";

export async function suppress(work: ControlWork, { profileId, forget }: Extract<ControlAction, { kind: "profile.suppress" }>): Promise<void> {
  const id = await livePersonOf(work, profileId);
  if (id === undefined) return;
  const person = work.world.held(id);
  work.profileId = id;
  await work.world.load(work.db, [person.state.identifiers]);
  person.state.suppressed = true;
  for (const identifier of person.state.identifiers) work.world.changes.identifiers.add(identifier);
  work.world.touch(person, work.rowId, true);
  const ids = [id, ...person.mergedIds];
  work.writes.push((tx) => takeOffLists(tx, work, id, ids));
  if (forget !== true) return;
  const identifiers = JSON.stringify(person.state.identifiers.map(({ namespace, value }) => ({ namespace, value })));
  work.writes.push(async (tx) => {
    await tx.query("select open_forgetting($1, $2, $3::uuid[], $4, $5, $6)", [work.header.workspaceId, id, ids, work.rowId, identifiers, work.header.actor]);
  });
}

/** Audiences are left when their evaluator meets that the person is gone; a list is what people made it, and nobody looks at it again. */
async function takeOffLists(tx: ClientBase, work: ControlWork, id: string, ids: readonly string[]): Promise<void> {
  const { rows } = await tx.query<{ list_id: number; profile_id: string }>(
    "delete from audience_list_member where profile_id = any($1::uuid[]) returning list_id, profile_id", [ids],
  );
  if (rows.length === 0) return;
  const listIds = [...new Set(rows.map((row) => row.list_id))];
  await tx.query("update audience_list l set size = (select count(*) from audience_list_member m where m.list_id = l.id) where id = any($1::integer[])", [listIds]);
  const places = new Set([...rows.map((row) => `${row.list_id} ${row.profile_id}`), ...listIds.map((listId) => `${listId} ${id}`)]);
  await writeAudienceRows(tx, work.builder.partition, {
    lists: [...places].map((place) => place.split(" ")).map(([listId, profileId = ""]) => ({ workspaceId: work.header.workspaceId, listId: Number(listId), profileId, added: false })),
  });
}
