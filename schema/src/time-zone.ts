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

/** The runtime has two lists: Intl knows abbreviations and "SystemV/EST5" besides, with which Temporal can't reckon. */
function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
    return true;
  } catch {
    return false;
  }
}

let listed: readonly string[] | undefined;

/** One name of each time zone that somebody may live in. */
export function listedZones(): readonly string[] {
  const atSea = [...Array.from({ length: 12 }, (_, i) => `Etc/GMT+${i + 1}`), ...Array.from({ length: 14 }, (_, i) => `Etc/GMT-${i + 1}`)];
  return (listed ??= [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), ...atSea])]);
}

const listedNames = new Map<string, string>();

/** The listed name of a zone that `isTimeZone` knows: zones have several names, as Asia/Kolkata and Asia/Calcutta. */
export function listedZone(name: string): string {
  let found = listedNames.get(name);
  if (found === undefined) {
    if (listedNames.size >= ANSWERS_MAX) listedNames.clear();
    const at = Temporal.Instant.fromEpochMilliseconds(0);
    const own = at.toZonedDateTimeISO(name);
    found = listedZones().find((zone) => zone === name) ?? listedZones().find((zone) => at.toZonedDateTimeISO(zone).equals(own)) ?? name;
    listedNames.set(name, found);
  }
  return found;
}

/** The listed name of the zone that a text names; undefined: it names none. */
export function zoneNamed(text: string): string | undefined {
  const name = isTimeZone(text) ? listedZone(text) : undefined;
  return name !== undefined && listedZones().includes(name) ? name : undefined;
}
