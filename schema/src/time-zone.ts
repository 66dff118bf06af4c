// Whether a text names a time zone of the IANA database, as this runtime knows it. Offsets such as "+02:00" are no zones: they say
// nothing about summer.

/** Answers that are remembered: asking the runtime anew costs some microseconds, and most texts come again. */
const ANSWERS_MAX = 2_000;
const answers = new Map<string, boolean>();

export function isTimeZone(text: string): boolean {
  const known = answers.get(text);
  if (known !== undefined) return known;
  if (answers.size >= ANSWERS_MAX) answers.clear();
  const isZone = /^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(text) && isKnown(text);
  answers.set(text, isZone);
  return isZone;
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}
