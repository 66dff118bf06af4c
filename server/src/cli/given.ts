// What somebody writes behind an option: numbers, times, and words that a shell takes as they are.
import { CliError } from "./cli-error.ts";

/** A whole number of at least one. */
export function countOf(text: string, option: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new CliError(`${option} is “${text}”, which is no number.`, { hint: "Give a whole number of at least 1." });
  return Number(text);
}

const TIME = /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?<zone>Z|[+-]\d\d:\d\d)?)?$/u;

/** A time as tables show it or as ISO 8601 writes it; without a zone it is UTC. */
export function timeOf(text: string, option: string): string {
  const { day, clock = "00:00", zone = "Z" } = TIME.exec(text)?.groups ?? {};
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${clock}${zone}`);
  // JavaScript takes the 31st of February for the 3rd of March.
  if (day === undefined || Number.isNaN(ms) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day)) {
    throw new CliError(`${option} is “${text}”, which is no time.`, { hint: "Write it as 2026-07-04, “2026-07-04 10:00” or 2026-07-04T10:00:00+02:00; without a zone it is UTC." });
  }
  return new Date(ms).toISOString();
}

/** The text as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w.:@/+-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
