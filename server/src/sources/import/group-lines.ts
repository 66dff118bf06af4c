// Lines with the same key become one event, also when lines of other groups stand between them: a group stays open until
// `window` lines have passed since its last. Memory is bounded, and a group that comes back after its end is noticed. A
// group with one refused line is refused whole: an event is never half there.
import { hash } from "node:crypto";
import { AppError } from "../../core/errors.ts";
import type { Line, RefusedLine } from "./compile-value.ts";
import { importLimits } from "./import-limits.ts";
import { refusal } from "./refusals.ts";

export interface ClosedGroup {
  readonly lines: readonly Line[];
  /** Lines for which the whole group is refused; empty for a good one. */
  readonly broken: readonly RefusedLine[];
}

interface OpenGroup {
  lines: Line[];
  characters: number;
  lastLine: number;
  broken: RefusedLine[];
  /** Another line's fault, from a line that could not be read beside this group. */
  brokenBy: number | null;
}

/** The state as plain data, to go on later: the open groups, and the keys of those that ended. */
export interface GroupsState {
  readonly open: readonly { key: string; lines: readonly Line[]; lastLine: number; broken: readonly RefusedLine[]; brokenBy: number | null }[];
  readonly ended: readonly number[];
  readonly afterUnread: number | null;
}

export interface Groups {
  add(key: string, line: Line): readonly ClosedGroup[];
  /** A line that belongs to this group can't be used. */
  breakGroup(key: string, refused: RefusedLine): readonly ClosedGroup[];
  /** A line whose group is unknown: it may belong to the group before it or the one after it. */
  unread(line: number): void;
  isOpen(key: string): boolean;
  end(): readonly ClosedGroup[];
  readonly waitingLines: number;
  state(): GroupsState;
}

export function createGroups(window: number, from?: GroupsState): Groups {
  // In the order of their last lines: a touched group moves to the end.
  const open = new Map<string, OpenGroup>();
  const ended = new Set<number>(from?.ended);
  let heldLines = 0;
  let heldCharacters = 0;
  let afterUnread: number | null = from?.afterUnread ?? null;
  let latest: OpenGroup | null = null;
  for (const { key, lines, lastLine, broken, brokenBy } of from?.open ?? []) {
    const characters = lines.reduce((sum, line) => sum + charactersOf(line), 0);
    latest = { lines: [...lines], characters, lastLine, broken: [...broken], brokenBy };
    open.set(key, latest);
    heldLines += lines.length;
    heldCharacters += characters;
  }

  function touch(key: string, line: number): OpenGroup | null {
    const known = open.get(key);
    if (!known && ended.has(keyHash(key))) return null;
    const group = known ?? { lines: [], characters: 0, lastLine: line, broken: [], brokenBy: null };
    if (known) open.delete(key);
    open.set(key, group);
    group.lastLine = line;
    if (afterUnread !== null) group.brokenBy ??= afterUnread;
    afterUnread = null;
    latest = group;
    return group;
  }
  function hold(group: OpenGroup, line: Line): void {
    const characters = charactersOf(line);
    group.lines.push(line);
    group.characters += characters;
    heldLines += 1;
    heldCharacters += characters;
    if (heldLines > importLimits.heldLinesMax || heldCharacters > importLimits.heldCharactersMax) throw tooMuchHeld();
  }
  function close(key: string, group: OpenGroup): ClosedGroup {
    open.delete(key);
    if (latest === group) latest = null;
    heldLines -= group.lines.length;
    heldCharacters -= group.characters;
    ended.add(keyHash(key));
    if (ended.size > importLimits.groupsPerFileMax) throw tooManyGroups();
    return { lines: group.lines, broken: brokenLines(group) };
  }
  function closePassed(line: number): readonly ClosedGroup[] {
    const closed: ClosedGroup[] = [];
    for (const [key, group] of open) {
      if (group.lastLine + window >= line) break;
      closed.push(close(key, group));
    }
    return closed;
  }

  return {
    add: (key, line) => {
      const closed = closePassed(line.line);
      const group = touch(key, line.line);
      if (!group) return [...closed, { lines: [line], broken: [{ line: line.line, problem: refusal.groupReopened() }] }];
      if (group.lines.length < importLimits.groupLinesMax) {
        hold(group, line);
        return closed;
      }
      if (!group.broken.some((each) => each.problem.code === "group_too_large")) group.broken.push({ line: line.line, problem: refusal.groupTooLarge() });
      return [...closed, { lines: [line], broken: [{ line: line.line, problem: refusal.groupTooLarge() }] }];
    },
    breakGroup: (key, refused) => {
      const closed = closePassed(refused.line);
      const group = touch(key, refused.line);
      if (group && group.broken.length < 100) group.broken.push(refused);
      return [...closed, { lines: [], broken: [refused] }];
    },
    unread: (line) => {
      if (latest) latest.brokenBy ??= line;
      afterUnread = line;
    },
    isOpen: (key) => open.has(key),
    end: () => [...open].map(([key, group]) => close(key, group)),
    get waitingLines() {
      return heldLines;
    },
    state: () => ({
      open: [...open].map(([key, { lines, lastLine, broken, brokenBy }]) => ({ key, lines: [...lines], lastLine, broken: [...broken], brokenBy })),
      ended: [...ended],
      afterUnread,
    }),
  };
}

function charactersOf(line: Line): number {
  return line.values.reduce((sum, value) => sum + value.length, 32);
}

/** 53 bits: among a million groups, one in 18,000 files would see two alike. */
function keyHash(key: string): number {
  return Number.parseInt(hash("sha256", key, "hex").slice(0, 13), 16);
}

/** The lines of a broken group, each with its reason. A line refused by itself is listed by whoever refused it. */
function brokenLines(group: OpenGroup): readonly RefusedLine[] {
  const cause = group.broken[0]?.line;
  if (cause !== undefined) return group.lines.map(({ line }) => ({ line, problem: refusal.groupBroken(cause) }));
  const unread = group.brokenBy;
  return unread === null ? [] : group.lines.map(({ line }) => ({ line, problem: refusal.neighbourUnread(unread) }));
}

function tooMuchHeld(): AppError {
  return new AppError("limit_reached", {
    detail: `More than ${importLimits.heldLinesMax} lines (or ${importLimits.heldCharactersMax} characters) wait for their groups to be complete.`,
    hint: "Lower group_window, or sort the file by the group's columns.",
  });
}

function tooManyGroups(): AppError {
  return new AppError("limit_reached", {
    detail: `The file has more than ${importLimits.groupsPerFileMax} groups.`, hint: "Split it into several files; one import takes them all.",
  });
}
