// What would become of a held event as it stands in the editor: looked at here first (is it JSON at all?), then by the
// server's own stages, once one stops typing.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { EventCheck } from "@tributary/schema/api/event-path.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { heldKey } from "./queries.ts";

const TYPING_MS = 350;

export interface Checked {
  /** Undefined while it is asked for. */
  readonly answer: EventCheck | undefined;
  readonly problem: Error | null;
  /** Why nothing can be sent as it stands. */
  readonly notJson: string | undefined;
}

/** `text`: the repaired event; undefined: as it was received. */
export function useCheck(row: number, text: string | undefined): Checked {
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const notJson = text === undefined ? undefined : faultOf(text);
  const isReady = notJson === undefined && settled === text;
  const check = useQuery({
    queryKey: [...heldKey, "check", row, settled ?? null],
    queryFn: () => change<EventCheck>("POST", `/quarantine/${row}/check`, settled === undefined ? {} : { text: settled }),
    enabled: isReady,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return { answer: isReady && !check.isPlaceholderData ? check.data : undefined, problem: isReady ? check.error : null, notJson };
}

function faultOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? undefined : texts.held.notObject;
  } catch (error) {
    return texts.held.notJson(error instanceof Error ? error.message : "");
  }
}
