// What waits for another attempt at one destination, by person and in order: whatever comes for such a person meanwhile waits behind it.
import { NOBODY } from "../core/nobody.ts";
import { numberingOf, type Parked, type ParkedKey } from "./store.ts";

type RowKey = ParkedKey & Pick<Parked, "profileId">;

export interface ParkedQueue {
  has(person: string): boolean;
  hasRow(row: RowKey): boolean;
  size(): number;
  /** Behind everything else of the person. */
  add(row: Parked): void;
  /** Of somebody else's parking: before what is newer of it and is not given out. */
  insert(row: Parked): void;
  /** The same item after another attempt: it stays the first, and nothing of the person is given out any more. */
  again(row: Parked): void;
  /** It has an outcome; what is left of the person is due at once. */
  remove(row: RowKey): void;
  /** All rows of people whose first is due and who are not busy, in order; none while `max` are out. Nothing more of them is given out before these are removed or put back. */
  takeDue(nowMs: number, max: number, isBusy?: (person: string) => boolean): readonly Parked[];
  putBack(person: string): void;
  /** Nothing of the person waits any more. */
  drop(person: string): void;
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
  let outCount = 0;
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

  function setOut(person: Person, out: number): void {
    outCount += out - person.out;
    person.out = out;
  }

  for (const row of rows) add(row);
  return {
    has: (person) => people.has(person),
    hasRow: (row) => people.get(laneOf(row))?.rows.some((one) => isSame(one, row)) ?? false,
    size: () => count,
    add,
    insert(row) {
      const person = people.get(laneOf(row));
      const at = person?.rows.findIndex((one, i) => i >= person.out && isNewer(one, row)) ?? -1;
      if (person === undefined || at === -1) return add(row);
      count++;
      person.rows = person.rows.toSpliced(at, 0, row);
    },
    again(row) {
      const person = people.get(laneOf(row));
      if (!person) return add(row);
      person.rows = [row, ...person.rows.filter((one) => !isSame(one, row))];
      setOut(person, 0);
      become(person, row.nextAtMs);
    },
    remove(row) {
      const person = people.get(laneOf(row));
      if (!person) return;
      const left = person.rows.filter((one) => !isSame(one, row));
      const removed = person.rows.length - left.length;
      count -= removed;
      setOut(person, Math.max(0, person.out - removed));
      if (left.length === 0) return void people.delete(laneOf(row));
      person.rows = left;
      become(person, -Infinity);
    },
    takeDue(nowMs, max, isBusy = () => false) {
      if (nowMs < soonestMs || outCount >= max) return [];
      const due: Parked[] = [];
      soonestMs = Infinity;
      for (const [id, person] of people) {
        if (person.out > 0) continue;
        if (due.length >= max || person.dueAtMs > nowMs || isBusy(id)) soonestMs = Math.min(soonestMs, person.dueAtMs);
        else {
          setOut(person, person.rows.length);
          due.push(...person.rows);
        }
      }
      return due;
    },
    putBack(id) {
      const person = people.get(id);
      if (!person) return;
      setOut(person, 0);
      become(person, person.dueAtMs);
    },
    drop(id) {
      const person = people.get(id);
      if (!person) return;
      count -= person.rows.length;
      setOut(person, 0);
      people.delete(id);
    },
    nextAtMs: () => soonestMs,
  };
}

function isNewer(one: ParkedKey, other: ParkedKey): boolean {
  return one.subscriptionId === other.subscriptionId && numberingOf(one.stream) === numberingOf(other.stream) && one.position > other.position;
}

function isSame(a: ParkedKey, b: ParkedKey): boolean {
  return a.position === b.position && a.subscriptionId === b.subscriptionId && a.stream === b.stream;
}
