// Undo and redo. Changes of one and the same word, one letter after the other, are one step. Pure.
export interface History<State> {
  readonly past: readonly State[];
  readonly now: State;
  readonly future: readonly State[];
  /** What the latest step was about; the next about the same joins it. */
  readonly mark: string | undefined;
}

const STEPS_MAX = 200;

export function begin<State>(now: State): History<State> {
  return { past: [], now, future: [], mark: undefined };
}

/** With a `mark`, steps in a row of the same mark are undone as one. */
export function record<State>(history: History<State>, next: State, mark?: string): History<State> {
  if (next === history.now) return history;
  const joins = mark !== undefined && mark === history.mark;
  return { past: joins ? history.past : [...history.past, history.now].slice(-STEPS_MAX), now: next, future: [], mark };
}

export function undo<State>(history: History<State>): History<State> {
  const before = history.past.at(-1);
  return before === undefined ? history : { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], mark: undefined };
}

export function redo<State>(history: History<State>): History<State> {
  const [after, ...future] = history.future;
  return after === undefined ? history : { past: [...history.past, history.now], now: after, future, mark: undefined };
}
