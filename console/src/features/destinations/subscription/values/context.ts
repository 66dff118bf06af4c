// What every editor of a value knows besides its value: the event that it is tried with, and whom it tells that something is unfinished.
import { createContext, useContext, useEffect, useId } from "react";

export interface ValuesState {
  /** As the mapping sees it, as far as it may be seen; undefined: there is none. */
  readonly sample: unknown;
  readonly isReadOnly: boolean;
  /** Where nothing of an event may stand, as in settings. */
  readonly isLiteral?: boolean;
  /** What stands in an editor and is in no mapping yet, by the editor's id. */
  readonly tellUnfinished: (id: string, isUnfinished: boolean) => void;
  /** Of the destination's own choices: which destination and action, and the literal values so far. */
  readonly of: { readonly slug: string; readonly action: string; readonly payload: string; readonly mayAsk: boolean };
}

const Context = createContext<ValuesState | undefined>(undefined);
export const ValuesProvider = Context.Provider;

export function useValuesState(): ValuesState {
  const state = useContext(Context);
  if (state === undefined) throw new Error("Only within an editor of a mapping.");
  return state;
}

/** Keeps the mapping from being saved while this editor holds what can't be part of it. */
export function useUnfinished(isUnfinished: boolean): void {
  const id = useId();
  const { tellUnfinished } = useValuesState();
  useEffect(() => {
    tellUnfinished(id, isUnfinished);
    return () => tellUnfinished(id, false);
  }, [id, isUnfinished, tellUnfinished]);
}
