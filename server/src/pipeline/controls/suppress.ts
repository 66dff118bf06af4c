// From here on nothing of a person is folded or sent, look-ups find nobody, and of the identifiers only the salted keys
// stay, by which later events of the person are recognised and dropped.
import type { ControlWork } from "./handle-control.ts";
import { livePersonOf } from "./live-person.ts";

export async function suppress(work: ControlWork, profileId: string): Promise<void> {
  const id = await livePersonOf(work, profileId);
  if (id === undefined) return;
  const person = work.world.held(id);
  work.profileId = id;
  await work.world.load(work.db, [person.state.identifiers]);
  person.state.suppressed = true;
  for (const identifier of person.state.identifiers) work.world.changes.identifiers.add(identifier);
  work.world.touch(person, work.rowId, true);
}
