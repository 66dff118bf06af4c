// Computed traits to begin with, made in the workspace's own words: what its vocabulary does not know, a template says that it needs.
import type { ComputedDefinition, ComputedValue } from "./computed.ts";
import type { Condition } from "./condition.ts";
import type { Words } from "./condition-kind.ts";

interface ComputedTemplate {
  readonly id: string;
  readonly name: { readonly en: string; readonly de: string };
  readonly about: { readonly en: string; readonly de: string };
  /** Undefined: something is missing. */
  readonly definition: ComputedDefinition | undefined;
  /** Words of the vocabulary that are missing. */
  readonly needs: readonly string[];
}

const YEAR = { last: 365, unit: "day" } as const;
const order = { role: "order" } as const;
const days = (last: number): { readonly last: number; readonly unit: "day" } => ({ last, unit: "day" });
const lastOrderIn = (last: number): Condition => ({ kind: "event", event: order, measure: { of: "last" }, op: "in_last", value: days(last) });

/** Later ones hold of whoever no earlier one holds of. */
const lifecycle: ComputedValue = {
  kind: "stages", otherwise: "prospect",
  stages: [
    { name: "new", when: { kind: "event", event: order, measure: { of: "first" }, op: "in_last", value: days(30) } },
    // Their one order of eight months, and not their first.
    {
      name: "won back",
      when: {
        all: [
          lastOrderIn(60), { kind: "event", event: order, measure: { of: "first" }, op: "more_than_ago", value: days(240) },
          { kind: "event", event: order, measure: { of: "count" }, op: "at_most", value: 1, within: days(240) },
        ],
      },
    },
    { name: "active", when: lastOrderIn(90) },
    { name: "at risk", when: lastOrderIn(180) },
    { name: "lapsed", when: { kind: "event", event: order, measure: { of: "count" }, op: "at_least", value: 1 } },
  ],
};

export function computedTemplates(words: Words): ComputedTemplate[] {
  const known = (role: string): boolean => (words.roles[role]?.events.length ?? 0) > 0;
  const hasValue = (words.roles["order"]?.properties["value"] ?? []).length > 0;
  const missingOrder = known("order") ? [] : ["order"];
  const missingValue = [...missingOrder, ...(known("order") && !hasValue ? ["order.value"] : [])];
  const one = (id: string, told: Pick<ComputedTemplate, "name" | "about">, value: ComputedValue | undefined, needs: readonly string[]): ComputedTemplate => ({
    id, ...told, needs, definition: value === undefined || needs.length > 0 ? undefined : { version: 1, include: { bots: false, internal: false }, value },
  });
  return [
    one("total_spent", {
      name: { en: "Total spent", de: "Gesamtumsatz" },
      about: { en: "The value of all orders, less what was refunded. An order that several sources tell counts once.", de: "Der Wert aller Bestellungen abzüglich der Erstattungen. Eine Bestellung, die mehrere Quellen melden, zählt einmal." },
    }, { kind: "measure", event: order, measure: { of: "sum", property: { role: "value" }, net: true } }, missingValue),
    one("orders_90_days", {
      name: { en: "Orders in 90 days", de: "Bestellungen in 90 Tagen" }, about: { en: "How many orders in the last 90 days, to the second.", de: "Wie viele Bestellungen in den letzten 90 Tagen, auf die Sekunde." },
    }, { kind: "measure", event: order, measure: { of: "count" }, within: days(90) }, missingOrder),
    one("average_order_value", {
      name: { en: "Average order value", de: "Durchschnittlicher Bestellwert" }, about: { en: "The mean value of their orders, refunds left out.", de: "Der mittlere Wert der Bestellungen, ohne Erstattungen." },
    }, { kind: "measure", event: order, measure: { of: "average", property: { role: "value" } } }, missingValue),
    one("last_order", {
      name: { en: "Last order", de: "Letzte Bestellung" }, about: { en: "When they ordered last.", de: "Wann sie zuletzt bestellt haben." },
    }, { kind: "measure", event: order, measure: { of: "last" } }, missingOrder),
    favouriteCategory(words, one, missingOrder),
    one("lifecycle", {
      name: { en: "Lifecycle stage", de: "Lebensphase" },
      about: { en: "New, won back, active, at risk, lapsed or prospect, by when they ordered. Change the days to fit your trade.", de: "Neu, zurückgewonnen, aktiv, gefährdet, verloren oder Interessent, je nachdem, wann sie bestellt haben. Passen Sie die Tage an Ihr Geschäft an." },
    }, lifecycle, missingOrder),
    one("rfm_scores", {
      name: { en: "RFM scores", de: "RFM-Werte" },
      about: { en: "How lately, how often and for how much they bought in a year, each from 1 to 5 by fifths of your buyers: 555 is the best.", de: "Wie kürzlich, wie oft und für wie viel sie in einem Jahr kauften, jeweils von 1 bis 5 nach Fünfteln Ihrer Käufer: 555 ist am besten." },
    }, { kind: "rfm", of: "scores", within: YEAR }, missingValue),
    one("rfm_group", {
      name: { en: "RFM group", de: "RFM-Gruppe" }, about: { en: "What such buyers are called: champions, loyal, at risk, cannot lose, lost …", de: "Wie man solche Käufer nennt: champions, loyal, at risk, cannot lose, lost …" },
    }, { kind: "rfm", of: "group", within: YEAR }, missingValue),
    engagement(words, one),
  ];
}

type Make = (id: string, told: Pick<ComputedTemplate, "name" | "about">, value: ComputedValue | undefined, needs: readonly string[]) => ComputedTemplate;

function favouriteCategory(words: Words, one: Make, missingOrder: readonly string[]): ComputedTemplate {
  const role = words.roles["order"];
  const [list] = role?.properties["products"] ?? [];
  const [category] = role?.properties["category"] ?? [];
  const property = category === undefined ? undefined : list === undefined ? category : `${list}.${category}`;
  return one("favourite_category", {
    name: { en: "Favourite category", de: "Lieblingskategorie" }, about: { en: "The category that most of their orders of a year have.", de: "Die Kategorie, die in den meisten Bestellungen eines Jahres vorkommt." },
  }, property === undefined ? undefined : { kind: "value", event: [...(role?.events ?? [])], property, which: "most_frequent", within: YEAR }, [
    ...missingOrder, ...(missingOrder.length === 0 && property === undefined ? ["order.category"] : []),
  ]);
}

function engagement(words: Words, one: Make): ComputedTemplate {
  const events = [...new Set(["product_viewed", "added_to_cart", "checkout_started", "order"].flatMap((role) => words.roles[role]?.events ?? []))];
  return one("engagement", {
    name: { en: "Engagement score", de: "Aktivitätswert" },
    about: { en: "A point for each product seen, put into a basket or ordered; a point is worth half after each 14 days.", de: "Ein Punkt für jedes angesehene, in den Korb gelegte oder bestellte Produkt; nach je 14 Tagen ist ein Punkt die Hälfte wert." },
  }, events.length === 0 ? undefined : { kind: "decay", event: events, weight: 1, half_life_days: 14 }, events.length === 0 ? ["product_viewed"] : []);
}
