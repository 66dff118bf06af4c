// Write keys that were made for a source before its page was there: in memory alone, so that neither the address, nor the history,
// nor a reload has them. Leaving the page of the source loses them.
import { useEffect, useState } from "react";

const made = new Map<number, string>();

export function keepMadeKey(sourceId: number, writeKey: string): void {
  made.set(sourceId, writeKey);
}

/** The key that was made last for this source, for as long as its page is shown. */
export function useMadeKey(sourceId: number): readonly [string | undefined, (key: string) => void] {
  const [key, setKey] = useState(() => made.get(sourceId));
  useEffect(() => () => void made.delete(sourceId), [sourceId]);
  return [key, setKey];
}
