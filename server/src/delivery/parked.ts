// What waits for another attempt at one destination, by person and in order: whatever comes for such a person meanwhile waits behind it.
import { NOBODY } from "../core/nobody.ts";
import type { Parked, ParkedKey } from "./store.ts";

type RowKey = ParkedKey & Pick<Parked, "profileId">;

export interface ParkedQueue {
  has(person: string): boolean;
  hasRow(row: RowKey): boolean;
  size(): number;
  /** Behind everything else of the person. */
  add(row: Parked): void;
  /** The same item after another attempt: it stays the first, and nothing of the person is given out any more. */
  again(row: Parked): void;
  /** It has an outcome; what is left of the person is due at once. */
  remove(row: RowKey): void;
  /** All rows of people whose first is due, in order. Nothing more of them is given out before these are removed or put back. */
  takeDue(nowMs: number, max: number): readonly Parked[];
  putBack(person: string): void;
  /** Before then nothing is due. */
  nextAtMs(): number;
}

interface Person {
  rows: readonly Parked[];
  dueAtMs: number;
  /** Rows that were given out. */
  out: number;
}

/** Lanes and rows name people alike; what belongs to nobody waits for nobody. */
export function laneOf(of: { readonly profileId: string; readonly position: number }): string {
  return of.profileId === NOBODY ? `nobody ${of.position}` : of.profileId;
}

export function createParkedQueue(rows: readonly Parked[]): ParkedQueue {
  const people = new Map<string, Person>();
  let count = 0;
  /** Nothing is due before; it may be earlier than it has to be. */
  let soonestMs = Infinity;

  function add(row: Parked): void {
    count++;
    const person = people.get(laneOf(row));
    if (person) {
      person.rows = [...person.rows, row];
      return;
    }
    people.set(laneOf(row), { rows: [row], dueAtMs: row.nextAtMs, out: 0 });
    soonestMs = Math.min(soonestMs, row.nextAtMs);
  }

  function become(person: Person, dueAtMs: number): void {
    person.dueAtMs = dueAtMs;
    if (person.out === 0) soonestMs = Math.min(soonestMs, dueAtMs);
  }

  for (const row of rows) add(row);
  return {
    has: (person) => people.has(person),
    hasRow: (row) => people.get(laneOf(row))?.rows.some((one) => isSame(one, row)) ?? false,
    size: () => count,
    add,
    again(row) {
      const person = people.get(laneOf(row));
      if (!person) return add(row);
      person.rows = [row, ...person.rows.filter((one) => !isSame(one, row))];
      person.out = 0;
      become(person, row.nextAtMs);
    },
    remove(row) {
      const person = people.get(laneOf(row));
      if (!person) return;
      const left = person.rows.filter((one) => !isSame(one, row));
      const removed = person.rows.length - left.length;
      count -= removed;
      if (left.length === 0) return void people.delete(laneOf(row));
      person.rows = left;
      person.out = Math.max(0, person.out - removed);
      become(person, -Infinity);
    },
    takeDue(nowMs, max) {
      if (nowMs < soonestMs) return [];
      const due: Parked[] = [];
      soonestMs = Infinity;
      for (const person of people.values()) {
        if (person.out > 0) continue;
        if (due.length >= max || person.dueAtMs > nowMs) soonestMs = Math.min(soonestMs, person.dueAtMs);
        else {
          person.out = person.rows.length;
          due.push(...person.rows);
        }
      }
      return due;
    },
    putBack(id) {
      const person = people.get(id);
      if (!person) return;
      person.out = 0;
      become(person, person.dueAtMs);
    },
    nextAtMs: () => soonestMs,
  };
}

function isSame(a: ParkedKey, b: ParkedKey): boolean {
  return a.position === b.position && a.subscriptionId === b.subscriptionId && a.stream === b.stream;
}
