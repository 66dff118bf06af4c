// What a value looks like, as far as that tells that it is about a person. Each test is strict (checksums, whole matches), for a
// proposal that is often wrong is soon clicked away unread. Pure.
import { isIP } from "node:net";
import { parsePhoneNumberFromString } from "libphonenumber-js";

export const looks = ["email", "phone", "ip", "iban", "card", "national_id", "birth_date", "coordinates", "email_in_url"] as const;
export type Look = (typeof looks)[number];

/** Longer values are text, and are looked through only as addresses of pages. */
const PLAIN_CHARACTERS_MAX = 120;
const URL_CHARACTERS_MAX = 2_000;

const EMAIL = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)+[\p{L}]{2,24}$/u;
const EMAIL_WITHIN = /[\p{L}\p{N}._+-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)+\p{L}{2,24}/u;

/** What the value looks like; `nowMs` is for dates, which lie in the past of a living person. */
export function looksOf(value: unknown, nowMs: number): readonly Look[] {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? numberLooks(String(value)) : [];
  if (typeof value !== "string") return [];
  const text = value.trim();
  if (text === "") return [];
  if (/^https?:\/\/|^\/|\?/i.test(text)) return text.length <= URL_CHARACTERS_MAX && hasEmailInUrl(text) ? ["email_in_url"] : [];
  if (text.length > PLAIN_CHARACTERS_MAX) return [];
  const found: Look[] = [];
  if (EMAIL.test(text)) found.push("email");
  if (isIP(text) !== 0) found.push("ip");
  if (isIban(text)) found.push("iban");
  if (isCardNumber(text)) found.push("card");
  else if (isPhone(text)) found.push("phone");
  if (isNationalId(text, nowMs)) found.push("national_id");
  if (isBirthDate(text, nowMs)) found.push("birth_date");
  if (isCoordinates(text)) found.push("coordinates");
  return found;
}

/** Most numbers are amounts and ids; only those with a checksum of many digits tell anything. */
function numberLooks(digits: string): readonly Look[] {
  return isCardNumber(digits) ? ["card"] : [];
}

/** In the query, the fragment or the path, however it is encoded. */
function hasEmailInUrl(url: string): boolean {
  let text = url;
  // `user@host` in front of the path is a login, and whose is not said.
  text = text.replace(/^https?:\/\/[^/?#]*/i, "");
  for (let pass = 0; pass < 3; pass++) {
    if (EMAIL_WITHIN.test(text)) return true;
    const decoded = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (decoded === text) return false;
    text = decoded;
  }
  return false;
}

/** With its country, or written as people write numbers; a bare row of digits is as well an order's number. */
function isPhone(text: string): boolean {
  if (!/^(?:\+|00)[\d\s().\-/]{6,24}$/.test(text)) return false;
  const number = parsePhoneNumberFromString(text.startsWith("00") ? `+${text.slice(2)}` : text);
  return number?.isPossible() ?? false;
}

function isIban(text: string): boolean {
  const plain = text.replace(/[\s-]/g, "").toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(plain)) return false;
  const moved = plain.slice(4) + plain.slice(0, 4);
  let rest = 0;
  for (const character of moved) {
    for (const digit of String(parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** First digits of the networks, a length of theirs, and Luhn's checksum. */
function isCardNumber(text: string): boolean {
  if (!/^\d[\d -]{11,22}\d$/.test(text)) return false;
  const digits = text.replace(/[ -]/g, "");
  const isNetwork = /^(?:4\d{12}(?:\d{3})?(?:\d{3})?|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|6(?:011|5\d\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14})$/.test(digits);
  return isNetwork && luhn(digits);
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Of a few countries, in the way each is written: Denmark, Sweden, Finland, the United States, Spain, Italy, France. */
function isNationalId(text: string, nowMs: number): boolean {
  const danish = /^(\d{2})(\d{2})(\d{2})-\d{4}$/.exec(text);
  if (danish && isDay(2000 + Number(danish[3]), Number(danish[2]), Number(danish[1]))) return true;
  const swedish = /^(\d{2})?(\d{2})(\d{2})(\d{2})[-+](\d{4})$/.exec(text);
  if (swedish && isDay(2000 + Number(swedish[2]), Number(swedish[3]), Number(swedish[4])) && luhn(`${swedish[2]}${swedish[3]}${swedish[4]}${swedish[5]}`)) return true;
  if (/^(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(text)) return true;
  const finnish = /^(\d{2})(\d{2})(\d{2})[-+A-FU-Y](\d{3})([0-9A-Y])$/.exec(text);
  if (finnish && "0123456789ABCDEFHJKLMNPRSTUVWXY"[Number(`${finnish[1]}${finnish[2]}${finnish[3]}${finnish[4]}`) % 31] === finnish[5]) return true;
  const spanish = /^([XYZ]?)(\d{7,8})-?([A-Z])$/.exec(text);
  if (spanish && (spanish[1] === "") === (spanish[2]?.length === 8)) {
    const lead = { X: "0", Y: "1", Z: "2" }[spanish[1] ?? ""] ?? "";
    if ("TRWAGMYFPDXBNJZSQVHLCKE"[Number(lead + spanish[2]) % 23] === spanish[3]) return true;
  }
  if (/^[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]$/.test(text)) return true;
  const french = /^([12])\s?(\d{2})\s?(\d{2})\s?(\d{2})\s?(\d{3})\s?(\d{3})\s?(\d{2})$/.exec(text);
  return french !== null && 97 - (Number(french.slice(1, 7).join("")) % 97) === Number(french[7]) && nowMs > 0;
}

/** A day alone, without a time, when somebody alive and of age to click may have been born. */
function isBirthDate(text: string, nowMs: number): boolean {
  const match = /^(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))$/.exec(text);
  if (!match) return false;
  const year = Number(match[1] ?? match[6]);
  const [a, b] = match[1] === undefined ? [Number(match[4]), Number(match[5])] : [Number(match[2]), Number(match[3])];
  const thisYear = new Date(nowMs).getUTCFullYear();
  if (year < thisYear - 110 || year > thisYear - 13) return false;
  return isDay(year, a, b) || (match[1] === undefined && isDay(year, b, a));
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isCoordinates(text: string): boolean {
  const match = /^(-?\d{1,2}\.\d{3,}),\s?(-?\d{1,3}\.\d{3,})$/.exec(text);
  return match !== null && Math.abs(Number(match[1])) <= 90 && Math.abs(Number(match[2])) <= 180;
}
