// What a row becomes in a source: an identify, track or group call, by the model's definition. Pure.
import { createHash } from "node:crypto";
import type { ModelFeeds } from "@tributary/schema/model.ts";
import type { ModelChange } from "./read-changes.ts";

/** Why a change becomes no event. */
export type PassedOver = "removed" | "changed" | "again" | "nobody" | "nothing" | "too_large";

/** `isFirst`: its key was never there before. A row of a track model is one event for ever, whatever becomes of the row. */
export function eventOfRow(change: ModelChange, isFirst: boolean, place: { readonly modelId: number; readonly feeds: ModelFeeds }, bytesMax: number): Buffer | PassedOver {
  const { feeds, modelId } = place;
  if (change.change === "removed") return "removed";
  if (feeds.call === "track" && change.change === "changed") return "changed";
  if (feeds.call === "track" && !isFirst) return "again";
  const { row } = change;
  const [userId, anonymousId] = [idOf(row, feeds.userId), idOf(row, feeds.anonymousId)];
  if (userId === undefined && anonymousId === undefined) return "nobody";
  const groupId = feeds.call === "group" ? idOf(row, feeds.groupId) : undefined;
  const event = feeds.call === "track" ? ("name" in feeds.event ? feeds.event.name : idOf(row, feeds.event.column)) : undefined;
  if ((feeds.call === "group" && groupId === undefined) || (feeds.call === "track" && event === undefined)) return "nothing";
  const values = valuesOf(row, feeds);
  const call = {
    type: feeds.call,
    messageId: feeds.call === "track" ? `model-${modelId}-${createHash("sha256").update(change.keyText).digest("hex").slice(0, 32)}` : `model-${modelId}-${change.seq}`,
    timestamp: timeOf(feeds.timestamp === undefined ? undefined : row[feeds.timestamp]) ?? new Date(change.atMs).toISOString(),
    ...(userId === undefined ? {} : { userId }), ...(anonymousId === undefined ? {} : { anonymousId }), ...(groupId === undefined ? {} : { groupId }), ...(event === undefined ? {} : { event }),
    ...(feeds.call === "track" ? { properties: values } : { traits: values }),
  };
  const json = Buffer.from(JSON.stringify(call));
  return json.length > bytesMax ? "too_large" : json;
}

/** An id is text; an object or a list is none. */
function idOf(row: ModelChange["row"], column: string | undefined): string | undefined {
  const value = column === undefined ? undefined : row[column];
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function valuesOf(row: ModelChange["row"], feeds: ModelFeeds): Record<string, unknown> {
  const taken = feeds.call === "track" ? feeds.properties : feeds.traits;
  if (taken !== "*") return Object.fromEntries(Object.entries(taken).map(([name, column]) => [name, row[column] ?? null]));
  const used = new Set([feeds.userId, feeds.anonymousId, feeds.timestamp, feeds.call === "group" ? feeds.groupId : undefined, feeds.call === "track" && "column" in feeds.event ? feeds.event.column : undefined]);
  return Object.fromEntries(Object.entries(row).filter(([name]) => !used.has(name)));
}

/** Numbers are seconds or milliseconds since 1970, as they are long. */
function timeOf(value: unknown): string | undefined {
  const ms = typeof value === "number" ? (Math.abs(value) < 1e11 ? value * 1_000 : value) : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}
