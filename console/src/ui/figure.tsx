// Numbers and times as they stand on a page: short, with the whole of it on hover.
import { Tooltip } from "@mantine/core";
import { useSyncExternalStore, type ReactNode } from "react";
import { absoluteTime, clockTime, fullNumber, relativeTime, shortNumber } from "./format.ts";

export function Figure({ value }: { readonly value: number }): ReactNode {
  const short = shortNumber(value);
  const full = fullNumber(value);
  return short === full ? <span className="figure">{full}</span> : <Tooltip label={full}><span className="figure">{short}</span></Tooltip>;
}

/** Relative, going on by itself; on hover the time in the viewer's zone. */
export function When({ at }: { readonly at: string | number }): ReactNode {
  const nowMs = useNow();
  const ms = typeof at === "number" ? at : Date.parse(at);
  return <Moment ms={ms} text={relativeTime(ms, nowMs)} />;
}

/** The time of day; on hover all of it. */
export function Clock({ at }: { readonly at: string }): ReactNode {
  const ms = Date.parse(at);
  return <Moment ms={ms} text={clockTime(ms)} />;
}

function Moment({ ms, text }: { readonly ms: number; readonly text: string }): ReactNode {
  if (Number.isNaN(ms)) return null;
  return <Tooltip label={absoluteTime(ms)}><time dateTime={new Date(ms).toISOString()} className="nowrap">{text}</time></Tooltip>;
}

const TICK_MS = 1_000;
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** One clock for the whole page, which runs while anything shows a time. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, currentMs);
}

/** A clock that has stood still, as nothing showed a time, would call the past the future. */
function currentMs(): number {
  if (timer === undefined && Date.now() - nowMs >= TICK_MS) nowMs = Date.now();
  return nowMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
