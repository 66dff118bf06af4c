// Exact decimals: read from text by its marks, compared, multiplied and added without losing a digit.

export interface Decimal {
  readonly units: bigint;
  /** Digits after the mark: the value is units / 10^scale. */
  readonly scale: number;
}

export interface NumberMarks {
  readonly decimal: "." | ",";
  readonly thousands: string | null;
}

/**
 * A number as the file writes it, as JSON text with the file's own digits (`1.650` stays `1.650`), or null when it is
 * none. Only plain decimals count: 1e3, inf and 12% do not.
 */
export function numberText(raw: string, marks: NumberMarks): string | null {
  const text = raw.trim();
  const found = patternOf(marks).exec(text);
  if (!found) return null;
  const [, sign, whole = "", fraction] = found;
  if (whole === "" && (fraction === undefined || fraction === "")) return null;
  const digits = (marks.thousands === null ? whole : whole.replaceAll(marks.thousands, "")).replace(/^0+(?=\d)/, "");
  return `${sign === "-" ? "-" : ""}${digits === "" ? "0" : digits}${fraction === undefined || fraction === "" ? "" : `.${fraction}`}`;
}

const patterns = new Map<string, RegExp>();

function patternOf(marks: NumberMarks): RegExp {
  const key = marks.decimal + (marks.thousands ?? "");
  const known = patterns.get(key);
  if (known) return known;
  const decimal = marks.decimal === "." ? "\\." : ",";
  const grouped = marks.thousands === null ? "" : `\\d{1,3}(?:${RegExp.escape(marks.thousands)}\\d{3})+|`;
  const pattern = new RegExp(`^([+-]?)(${grouped}\\d*)(?:${decimal}(\\d*))?$`);
  patterns.set(key, pattern);
  return pattern;
}

/** From the text that numberText gives. */
export function decimalOf(text: string): Decimal {
  const point = text.indexOf(".");
  if (point < 0) return { units: BigInt(text), scale: 0 };
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

function scaledTo(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: scaledTo(a, scale) + scaledTo(b, scale), scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** Negative, zero or positive, as a is less than, equal to or greater than b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = scaledTo(a, scale) - scaledTo(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const zeroDecimal: Decimal = { units: 0n, scale: 0 };

/** JSON text, without zeros that say nothing. */
export function decimalText(value: Decimal): string {
  const isNegative = value.units < 0n;
  const digits = String(isNegative ? -value.units : value.units).padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale).replace(/0+$/, "");
  return `${isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
