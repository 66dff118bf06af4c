// Keeps the live debugger's rows: the list first, then the stream, taken up again whenever it breaks off. What came in
// while the connection was lost is read from the list.
import { useCallback, useEffect, useRef, useState } from "react";
import type { EventList, EventRow } from "@tributary/schema/api/events.ts";
import { ApiProblem, follow, read, type Query } from "../../api.ts";
import { noRows, released, withFresh, withListed, type LiveRows } from "./live-rows.ts";

const PAGE = 100;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
/** Rows that come in a burst are shown together. */
const BATCH_MS = 100;

export type Connection = "connecting" | "live" | "lost";

export interface LiveEvents {
  readonly rows: LiveRows;
  readonly connection: Connection;
  /** False until the list was read once. */
  readonly isLoaded: boolean;
  /** What keeps the page from showing anything; a lost connection does not. */
  readonly problem: ApiProblem | undefined;
  readonly showFresh: () => void;
  readonly loadOlder: (() => void) | undefined;
  readonly isLoadingOlder: boolean;
  readonly retry: () => void;
}

/** `isHeld`: nothing on the page may move. Everything starts anew when the filters change. */
export function useLiveEvents(filters: Query, isHeld: boolean): LiveEvents {
  const key = JSON.stringify(filters);
  const [attempt, setAttempt] = useState(0);
  const [rows, setRows] = useState<LiveRows>(noRows);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [isLoaded, setLoaded] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [older, setOlder] = useState<{ readonly cursor: string | null; readonly isLoading: boolean }>({ cursor: null, isLoading: false });
  const held = useRef(isHeld);
  held.current = isHeld;

  useEffect(() => {
    const stop = new AbortController();
    setRows(noRows);
    setLoaded(false);
    setProblem(undefined);
    setConnection("connecting");
    setOlder({ cursor: null, isLoading: false });
    const query: Query = JSON.parse(key);
    let isFirst = true;
    const list = async (): Promise<void> => {
      const answer = await read<EventList>("/events", { ...query, limit: PAGE }, stop.signal);
      if (stop.signal.aborted) return;
      // Kept here: React may ask for the new rows later, when the next list is no first one any more.
      const wasFirst = isFirst;
      isFirst = false;
      if (wasFirst) setOlder({ cursor: answer.next_cursor, isLoading: false });
      setRows((before) => (wasFirst ? withListed(before, answer.data) : withFresh(before, answer.data, held.current)));
      setLoaded(true);
    };
    void keepFollowing({
      query, signal: stop.signal, list, onConnection: setConnection, onProblem: setProblem,
      onRows: (fresh) => setRows((before) => withFresh(before, fresh, held.current)),
      onSkipped: (count) => setRows((before) => ({ ...before, skipped: before.skipped + count })),
    });
    return () => stop.abort();
  }, [key, attempt]);

  const showFresh = useCallback(() => setRows(released), []);
  const loadOlder = useCallback(async () => {
    if (older.cursor === null || older.isLoading) return;
    setOlder({ cursor: older.cursor, isLoading: true });
    try {
      const answer = await read<EventList>("/events", { ...JSON.parse(key), limit: PAGE, cursor: older.cursor });
      setRows((before) => withListed(before, answer.data));
      setOlder({ cursor: answer.next_cursor, isLoading: false });
    } catch {
      setOlder({ cursor: older.cursor, isLoading: false }); // Asked again when the end comes into sight again.
    }
  }, [key, older]);
  return {
    rows, connection, isLoaded, problem, showFresh, isLoadingOlder: older.isLoading, loadOlder: older.cursor === null ? undefined : () => void loadOlder(),
    retry: () => setAttempt((before) => before + 1),
  };
}

interface Following {
  readonly query: Query;
  readonly signal: AbortSignal;
  readonly list: () => Promise<void>;
  readonly onConnection: (connection: Connection) => void;
  readonly onProblem: (problem: ApiProblem | undefined) => void;
  readonly onRows: (rows: readonly EventRow[]) => void;
  readonly onSkipped: (count: number) => void;
}

/** Until `signal` aborts, or the server says that it never will: what it refuses as a mistake it refuses again. */
async function keepFollowing({ query, signal, list, onConnection, onProblem, onRows, onSkipped }: Following): Promise<void> {
  let waitMs = RETRY_FIRST_MS;
  const batch = batched(onRows, signal);
  while (!signal.aborted) {
    try {
      await follow("/events", query, {
        // The list is read once the stream is open, so that nothing falls between the two.
        onOpen: () => {
          waitMs = RETRY_FIRST_MS;
          onConnection("live");
          onProblem(undefined);
          list().catch((error: unknown) => tell(error, signal, onProblem));
        },
        onMessage: (event, data) => {
          if (event === "event") batch(JSON.parse(data) as EventRow); // Rows of our API.
          else if (event === "skipped") onSkipped(Number((JSON.parse(data) as { count: number }).count));
        },
      }, signal);
    } catch (error) {
      if (tell(error, signal, onProblem) === "final") return;
    }
    if (signal.aborted) return;
    onConnection("lost");
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
  }
}

/** `final` for what trying again does not change. A lost connection is told by its state alone. */
function tell(error: unknown, signal: AbortSignal, onProblem: (problem: ApiProblem) => void): "final" | "passing" {
  if (signal.aborted) return "final";
  if (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 500) return "passing";
  onProblem(error);
  return error.status === 429 ? "passing" : "final";
}

function batched(onRows: (rows: readonly EventRow[]) => void, signal: AbortSignal): (row: EventRow) => void {
  let rows: EventRow[] = [];
  return (row) => {
    rows.push(row);
    if (rows.length > 1) return;
    setTimeout(() => {
      const all = rows;
      rows = [];
      if (!signal.aborted) onRows(all);
    }, BATCH_MS);
  };
}
