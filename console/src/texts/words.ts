// Numbers within sentences. Full digits, grouped as the viewer's language does.
import { locale } from "./language.ts";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

export function count(n: number): string {
  return whole.format(n);
}

const precise = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });

/** With as much behind the point as somebody would have written. */
export function figure(n: number): string {
  return precise.format(n);
}

/** The word for what a program calls `key`; the key itself where there is none. */
export function wordFrom(words: Readonly<Record<string, string>>, key: string): string {
  return (Object.hasOwn(words, key) ? words[key] : undefined) ?? key;
}

/** `1 event`, `12 events`. */
export function plural(n: number, one: string, many: string): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
