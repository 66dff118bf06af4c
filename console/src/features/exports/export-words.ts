// What an export is called, and in which state it stands.
import type { Exported, Share } from "@tributary/schema/api/exports.ts";
import { texts } from "../../texts/texts.ts";
import type { Tone } from "../../ui/state.tsx";

const t = texts.exports;

export function nameOf({ kind, what }: Pick<Exported, "kind" | "what">): string {
  switch (kind) {
    case "answer": return what === "endpoint" ? t.answerEndpoint : t.answerConsole;
    case "query": return t.queryFile;
    case "people": return t.peopleFile;
    case "audience":
    case "share":
    case "table": return what;
  }
}

/** Whoever fetches by a link has no name here. */
export function whoOf({ kind, created_by: by, created_by_name: name }: Pick<Exported, "kind" | "created_by" | "created_by_name">): string {
  return name ?? (kind === "share" ? t.whoHadTheLink : by);
}

export function stateOf({ status }: Pick<Exported, "status">): { readonly tone: Tone; readonly text: string } {
  switch (status) {
    case "done": return { tone: "good", text: t.states.done };
    case "running": return { tone: "waiting", text: t.states.running };
    case "broken_off": return { tone: "attention", text: t.states.broken_off };
  }
}

/** As its files are called by people. */
export function formatOf({ format }: Pick<Exported, "format">): string {
  return format === "" ? "–" : format === "parquet" ? "Parquet" : format.toUpperCase();
}

export type ShareState = "works" | "revoked" | "expired";

export function shareStateOf({ revoked_at: revokedAt, expires_at: expiresAt }: Pick<Share, "revoked_at" | "expires_at">, nowMs: number): ShareState {
  if (revokedAt !== null) return "revoked";
  return Date.parse(expiresAt) > nowMs ? "works" : "expired";
}
