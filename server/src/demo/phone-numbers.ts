// Telephone numbers that ring nowhere: those that Ofcom keeps for drama ("Telephone numbers for use in TV and radio drama
// programmes"), a thousand in each range. Its range for mobiles (07700 900) and two more are left out: the library that
// reads phone numbers takes none of theirs for valid, so that they would identify nobody. Each person gets another one,
// for a number joins people; when all are given away, people have none.

/** What stands before the last three digits, without the national 0. */
const ranges = [
  "2079460", "1134960", "1144960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960", "1514960", "1614960", "1914980",
  "2890180", "2920180",
];

export const PHONE_NUMBERS = ranges.length * 1_000;

/** The number of the nth person, in E.164; undefined when there are no more. Neighbours get numbers that are not neighbours. */
export function phoneNumber(n: number): string | undefined {
  const range = ranges[Math.floor(n / 1_000)];
  return range === undefined ? undefined : `+44${range}${String((n * 373 + 17) % 1_000).padStart(3, "0")}`;
}

/** The same number as people write it down: with the national 0, in groups, sometimes both at once. */
export function spokenPhoneNumber(e164: string, variant: number): string {
  const national = e164.slice(3);
  const grouped = `${national.slice(0, 4)} ${national.slice(4, 7)} ${national.slice(7)}`;
  return [`0${grouped}`, `+44 (0)${grouped}`, `0044 ${grouped}`, `0${national.slice(0, 4)}-${national.slice(4)}`][variant % 4] ?? e164;
}
