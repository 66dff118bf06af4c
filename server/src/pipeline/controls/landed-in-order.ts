// Before people are made anew from their events: the rows in ClickHouse must be all that was decided about them. While a
// statement is set aside they are not, and what is decided on them would be wrong for ever; so the change is refused with what
// to do, and the events behind it go on.
import { AppError } from "../../core/errors.ts";
import type { Sender } from "../outbox/sender.ts";

/** Resolves when all before has landed. Throws AppError `conflict` while a statement of the partition is set aside. */
export async function landedInOrder(sender: Sender): Promise<void> {
  await sender.drained();
  if (await sender.isInOrder()) return;
  const detail = "An earlier change of the event table was refused by ClickHouse and is set aside, so it can't be told whose events are whose. " +
    "Send it again (GET /api/v1/refused-writes?kind=statement&status=open), then make this change again.";
  throw new AppError("conflict", { detail });
}
