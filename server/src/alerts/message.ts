// What is told of an alert, the same to every channel: one line that says it, and a link to it.
import { alertKindOf } from "./alert-kinds.ts";
import type { Facts } from "./alert-kind.ts";

export interface AlertMessage {
  readonly change: "opened" | "closed" | "still_open" | "test";
  readonly kind: string;
  readonly alertId: number;
  readonly workspace: string;
  readonly name: string;
  /** A whole sentence, with its figures. */
  readonly sentence: string;
  readonly since: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly facts: Facts;
  readonly url: string;
}

export interface ToldAlert {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly since: Date;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly closedWhy: string;
}

/** What is wrong, or was. */
export function sentenceOf({ kind, name }: Pick<ToldAlert, "kind" | "name">, facts: Facts): string {
  try {
    return alertKindOf(kind)?.sentence(name, facts) ?? `${kind}: ${name}`;
  } catch {
    // Figures that another version wrote may be others; that must keep nobody from being told.
    return `${alertKindOf(kind)?.name ?? kind}: ${name}`;
  }
}

export function closedSentenceOf({ kind, name, closedWhy }: Pick<ToldAlert, "kind" | "name" | "closedWhy">): string {
  if (closedWhy === "gone") return `${name} is watched no longer: it is gone or switched off.`;
  if (closedWhy === "off") return `${name} is watched no longer: the rule is switched off.`;
  return alertKindOf(kind)?.closed(name) ?? `${kind}: ${name} is well again.`;
}

export interface MessageOptions {
  readonly change: AlertMessage["change"];
  readonly facts: Facts;
  readonly workspace: string;
  readonly publicUrl: string;
}

export function messageOf(alert: ToldAlert, { change, facts, workspace, publicUrl }: MessageOptions): AlertMessage {
  return {
    change, kind: alert.kind, alertId: alert.id, workspace, name: alert.name, sentence: change === "closed" ? closedSentenceOf(alert) : sentenceOf(alert, facts), since: alert.since.toISOString(),
    openedAt: alert.openedAt.toISOString(), closedAt: change === "closed" ? alert.closedAt?.toISOString() ?? null : null, facts, url: `${publicUrl.replace(/\/$/, "")}/alerts?alert=${alert.id}`,
  };
}

/** For the button that tries a channel. */
export function testMessage(workspace: string, publicUrl: string, nowMs: number): AlertMessage {
  const at = new Date(nowMs).toISOString();
  return {
    change: "test", kind: "test", alertId: 0, workspace, name: workspace, sentence: "Tributary tries this channel. Nothing has happened.", since: at, openedAt: at, closedAt: null, facts: {},
    url: `${publicUrl.replace(/\/$/, "")}/alerts`,
  };
}

const words = { opened: "Alert", still_open: "Still open", closed: "Over", test: "Test" } as const;

/** One line: "Alert: Nothing has come in from Shop for 42 minutes. …" */
export function lineOf({ change, sentence }: AlertMessage): string {
  return `${words[change]}: ${sentence}`;
}
