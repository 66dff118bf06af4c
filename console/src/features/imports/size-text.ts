// A file's size as people say it.
import { locale } from "../../texts/texts.ts";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function sizeText(bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[step] ?? "byte", unitDisplay: "short", maximumFractionDigits: step === 0 ? 0 : 1 }).format(bytes / 1_000 ** step);
}
