// Whose rows an answer holds: the same statement with one more column, a list of the people of each row. Of a select over rows these are the
// people of its tables' rows; of a group the one person whom all of it is about, or all of them where it lists values; of a group of several nobody.
// Whatever a statement shows of its rows stays the same: nothing is grouped, ordered or cut by that column.
import { NOBODY } from "../core/nobody.ts";
import type { SelectRead } from "./reader.ts";
import { comma, constant, ifTelling, joined, nothing, sql, text, type Written } from "./written.ts";

/** In a view: who a row is about. */
export const PERSON_COLUMN = "profile_id";
/** In an answer: the ids of those whose row it is. */
export const PEOPLE_COLUMN = "__people";

const nobody = sql`toUUID(${text(NOBODY)})`;
const none = sql`cast([] as Array(UUID))`;

/** At the end of a select's columns. */
export function toldOf(select: SelectRead): Written {
  return ifTelling((who) => sql`, ${peopleOf(select)} as ${constant(who)}`);
}

/** Behind a `*`: without the columns that tell people. */
export function withoutTold({ people }: SelectRead): Written {
  return ifTelling(() => (people.length === 0 ? nothing : sql` except (${joined(people.map(({ who }) => constant(who)), comma)})`));
}

/** Rows that are the same but for their people would not be the same any more: so they become groups. */
export function distinctOf(select: SelectRead): Written {
  return ifTelling(() => (isGroupedByAll(select) ? nothing : sql`distinct `), sql`distinct `);
}

/** Where GROUP BY stands, or would. */
export function groupingOf(select: SelectRead): Written {
  return ifTelling(() => (isGroupedByAll(select) ? sql` group by all` : nothing));
}

function isGroupedByAll({ isDistinct, isGrouped, person, compared }: SelectRead): boolean {
  return isDistinct && !isGrouped && person === undefined && compared === undefined;
}

function peopleOf(select: SelectRead): Written {
  const { people, isDistinct, isGrouped, isListing, person, compared } = select;
  if (compared !== undefined) return compared.every((one) => one.person !== undefined) ? onlyPerson(person) : none;
  if (isDistinct && !isGroupedByAll(select)) return onlyPerson(person);
  if (people.length === 0) return none;
  const told = people.map(({ who, isList }) => (isGrouped || isDistinct ? ofGroup(constant(who), { isList, isListing }) : isList ? constant(who) : sql`[${constant(who)}]`));
  return sql`arrayFilter(__person -> __person != ${nobody}, arrayConcat(${joined(told, comma)}))`;
}

/** Nothing but what the row itself says. */
function onlyPerson(person: Written | undefined): Written {
  return person === undefined ? none : sql`arrayFilter(__person -> __person != ${nobody}, [toUUIDOrZero(toString(${person}))])`;
}

function ofGroup(who: Written, { isList, isListing }: { readonly isList: boolean; readonly isListing: boolean }): Written {
  if (isListing) return isList ? sql`groupUniqArrayArray(${who})` : sql`groupUniqArray(${who})`;
  if (isList) return sql`if(length(groupUniqArrayArray(2)(${who})) = 1, groupUniqArrayArray(2)(${who}), ${none})`;
  const least = sql`minIf(${who}, ${who} != ${nobody})`;
  const most = sql`maxIf(${who}, ${who} != ${nobody})`;
  return sql`if(${least} = ${most}, [${least}], ${none})`;
}
