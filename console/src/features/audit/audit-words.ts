// An entry of the audit log in words. Pure.
import type { AuditEntryAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.audit;

export function whoOf({ actor, actor_name: name }: Pick<AuditEntryAnswer, "actor" | "actor_name">): string {
  return name ?? (actor === "system" ? t.program : actor);
}

/** The id of the person that the entry is about. */
export function personOf({ target }: Pick<AuditEntryAnswer, "target">): string | undefined {
  return /^profile:([0-9a-f-]{36})$/.exec(target)?.[1];
}

function roleName(role: string): string {
  return Object.hasOwn(texts.roles, role) ? texts.roles[role as keyof typeof texts.roles].name : role; // Just looked up.
}

/** The most telling of its detail, on one line: which field, why, how often, how many people. */
export function noteOf({ detail }: Pick<AuditEntryAnswer, "detail">): string {
  const text = (name: string): string[] => (typeof detail[name] === "string" && detail[name] !== "" ? [detail[name]] : []);
  const { count, people } = detail;
  const counted = typeof count === "number" && count > 1 ? [t.times(count)] : [];
  const named = Array.isArray(people) ? [t.people(people.length, detail["more_people"] === true)] : [];
  const said = [...text("field"), ...text("reason"), ...text("name"), ...text("role").map(roleName), ...named, ...counted];
  if (said.length > 0) return said.join(" · ").slice(0, 300);
  // That something was read once, and since when it is counted, says nothing more than the entry itself.
  const { count: _, since: __, until: ___, ...rest } = detail;
  return Object.keys(rest).length === 0 ? "" : JSON.stringify(rest).slice(0, 300);
}
