// What the events of one name, or of several, must say: the filters, with the properties that arrive with these events to choose from.
import type { ReactNode } from "react";
import type { EventRef, Filter } from "../model/condition.ts";
import { useEventFields, useNamesOf } from "./fields.ts";
import { Filters } from "./filters.tsx";

export interface EventFiltersProps {
  readonly event: EventRef;
  readonly where: readonly Filter[] | undefined;
  /** Undefined where nothing is asked any more. */
  readonly onChange: (where: readonly Filter[] | undefined, mark?: string) => void;
  /** Beside the way to one more. */
  readonly children?: ReactNode;
}

export function EventFilters({ event, where, onChange, children }: EventFiltersProps): ReactNode {
  const names = useNamesOf(event);
  const fields = useEventFields(names);
  return (
    <Filters where={where ?? []} fields={fields} event={names.length === 1 ? (names[0] ?? "") : ""} onChange={(next, mark) => onChange(next.length === 0 ? undefined : next, mark)}>
      {children}
    </Filters>
  );
}
