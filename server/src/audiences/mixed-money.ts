// Money of several currencies is not added up: an audience that would is refused until the vocabulary says how to convert, and so is
// one that adds a value by its name, which nothing converts.
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { moneyProblem, moneyProblemTexts, UNREADABLE, type ArrivingCurrency } from "@tributary/schema/audience/money.ts";
import { placesIn, type Place } from "@tributary/schema/audience/places.ts";
import { problem, type Problem } from "@tributary/schema/audience/problem.ts";
import { moneyRoles, type Vocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { arrivingCurrencies, type ReadClickHouse } from "./vocabulary.ts";

type MoneyPlace = Extract<Place, { is: "property" | "property_role" }>;

interface MixedMoney {
  /** Sums and averages that mean nothing. */
  readonly problems: readonly Problem[];
  /** Where single values are compared, as they come. */
  readonly warnings: readonly Problem[];
}

/** Reads the currencies that arrive, if anything asks for a value. */
export async function mixedMoney(read: ReadClickHouse, workspaceId: number, { who, words }: { readonly who: Condition; readonly words: Vocabulary }): Promise<MixedMoney> {
  const places = placesIn(who).filter((place): place is MoneyPlace => isValue(place, words));
  if (places.length === 0) return { problems: [], warnings: [] };
  const arriving = await arrivingCurrencies(read, workspaceId, words);
  const found = places.flatMap((place) => problemAt(place, words, arriving).map((one) => ({ isAdded: isAdded(place), one })));
  return { problems: found.filter(({ isAdded: added }) => added).map(({ one }) => one), warnings: found.filter(({ isAdded: added }) => !added).map(({ one }) => one) };
}

const isAdded = ({ measure }: MoneyPlace): boolean => measure === "sum" || measure === "average";

/** The role of a value, or a sum of what the vocabulary knows as the value of these events. */
function isValue(place: Place, { roles }: Vocabulary): boolean {
  if (place.is === "property_role") return place.role === "value";
  if (place.is !== "property" || !isAdded(place) || place.of === undefined) return false;
  const { at, of } = place;
  return moneyRoles.some((name) => {
    const { events, properties } = roles[name];
    return ("role" in of ? of.role === name : of.names.some((event) => events.includes(event))) && (properties.value ?? []).includes(at);
  });
}

function problemAt(place: MoneyPlace, { money }: Vocabulary, arriving: readonly ArrivingCurrency[]): Problem[] {
  if (place.is === "property_role") {
    const found = moneyProblem(money, arriving);
    if (found === undefined) return [];
    const { detail, hint } = moneyProblemTexts(found);
    return [problem(place.path, detail, hint)];
  }
  const codes = arriving.filter(({ currency, count }) => currency !== "" && currency !== UNREADABLE && count > 0).map(({ currency }) => currency);
  if (codes.length < 2) return [];
  return [problem(
    place.path,
    {
      en: `Several currencies arrive (${codes.join(", ")}), and \`${place.at}\` is added up as it comes.`, de: `Es kommen mehrere Währungen an (${codes.join(", ")}), und \`${place.at}\` wird addiert, wie es kommt.`,
    },
    { en: "Take the value of the vocabulary, which is converted: `{ role: value }`.", de: "Nehmen Sie den Wert des Vokabulars, der umgerechnet wird: `{ role: value }`." },
  )];
}
