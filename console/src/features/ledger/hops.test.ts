// What the strip says adds up to what the ledger said.
import { expect, test } from "vitest";
import type { LedgerSource } from "@tributary/schema/api/events.ts";
import { healthOf, hopsOf, statusOf } from "./hops.ts";

const source = (given: Partial<LedgerSource>): LedgerSource => ({
  source_id: 1, received: 0, waiting_to_be_decided: 0, decided: 0, decisions: [], landed: 0, landings: [], waiting_to_land: 0, failed: 0, failures: [],
  expired: 0, in_event_table: null, balanced: true, ...given,
});
const outcome = (name: string, count: number, reason = "") => ({ outcome: name, reason, count });

const busy = source({
  received: 20, waiting_to_be_decided: 2, decided: 18, decisions: [outcome("stored", 12), outcome("quarantined", 2, "a"), outcome("quarantined", 1, "b"), outcome("duplicate", 3)],
  landed: 16, landings: [outcome("stored", 10), outcome("quarantined", 3), outcome("duplicate", 3)], failed: 1, waiting_to_land: 1,
});

test("what came in is what went on and what was left on the way", () => {
  const hops = hopsOf([busy, busy]);
  const left = (sides: typeof hops.afterReceived) => sides.reduce((sum, side) => sum + side.count, 0);
  expect(hops).toMatchObject({ received: 40, accepted: 24, stored: 20, held: 6, failed: 2, waiting: 6 });
  expect(hops.received).toBe(hops.accepted + left(hops.afterReceived));
  expect(hops.accepted).toBe(hops.stored + left(hops.afterAccepted));
  expect(hops.afterReceived.map((side) => side.kind)).toEqual(["held", "duplicate", "toDecide"]);
});

test("the status is the worst that is true", () => {
  const status = (given: Partial<LedgerSource>) => statusOf(hopsOf([source(given)]));
  const stored = { received: 3, decisions: [outcome("stored", 3)], landings: [outcome("stored", 3)] };
  expect(status({})).toBe("quiet");
  expect(status(stored)).toBe("well");
  expect(status({ ...stored, decisions: [outcome("quarantined", 1)] })).toBe("held");
  expect(status({ ...stored, waiting_to_be_decided: 100_000, decisions: [outcome("quarantined", 1)] })).toBe("behind");
  expect(status({ ...stored, failed: 1, waiting_to_land: 100_000 })).toBe("failed");
  expect(status({ ...stored, failed: 1, balanced: false })).toBe("unbalanced");
});

test("a source that is switched off is off, whatever it sent before", () => {
  expect(healthOf(false, hopsOf([busy]))).toBe("off");
  expect(healthOf(true, hopsOf([]))).toBe("quiet");
});
