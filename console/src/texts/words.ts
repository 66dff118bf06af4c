// Numbers within sentences. Full digits, grouped as the viewer's language does.
import { locale } from "./language.ts";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

export function count(n: number): string {
  return whole.format(n);
}

/** `1 event`, `12 events`. */
export function plural(n: number, one: string, many: string): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
