// Values of computed traits as people read them.
import type { ComputedPreview } from "@tributary/schema/api/computed-traits.ts";
import { absoluteTime, date, valueText } from "../../ui/format.ts";
import { language } from "../../texts/texts.ts";

const [amount, small] = [new Intl.NumberFormat(language, { maximumFractionDigits: 2 }), new Intl.NumberFormat(language, { maximumSignificantDigits: 3 })];
/** As exact as anybody reads: cents, and of less than one three digits. The API has all of them. */
const number = { format: (value: number): string => (Math.abs(value) < 1 ? small : amount).format(value) };
const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function valueWords(value: unknown): string {
  if (typeof value === "number") return number.format(value);
  if (Array.isArray(value)) return value.map(valueWords).join(", ");
  if (typeof value === "string" && isInstant.test(value)) return absoluteTime(Date.parse(value));
  return valueText(value);
}

type Bucket = NonNullable<ComputedPreview["numbers"]>["buckets"][number];

/** What a column holds: "20 to 40". */
export function bucketWords({ from, to }: Bucket, isTime: boolean, between: (from: string, to: string) => string, over: (from: string) => string): string {
  const edge = (at: number): string => (isTime ? date(at) : number.format(at));
  return to === null ? over(edge(from)) : between(edge(from), edge(to));
}

export const edgeWords = (at: number, isTime: boolean): string => (isTime ? date(at) : number.format(at));
