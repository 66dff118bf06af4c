// Ready audiences in the words of a workspace. What they ask for (days, amounts, products) are sensible beginnings, to be changed.
import { definition, type Definition, type DefinitionInput } from "./definition.ts";
import type { PropertyName, RoleName } from "./vocabulary-names.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface Template {
  readonly id: string;
  readonly name: { readonly en: string; readonly de: string };
  readonly about: { readonly en: string; readonly de: string };
  /** Null where the vocabulary lacks a word. */
  readonly definition: Definition | null;
  /** Roles that it needs and that have no event. */
  readonly needs: readonly RoleName[];
}

/** What a template is written with. */
interface Shop {
  readonly has: (role: RoleName) => boolean;
  /** The first place where a property stands, of those that have arrived. */
  readonly path: (role: RoleName, property: PropertyName) => string;
  /** Within the items of an order: the first of these names that has arrived. */
  readonly inItem: (...names: readonly string[]) => string;
}

type Who = DefinitionInput["who"];
type Unit = "hour" | "day" | "month" | "year";

interface Recipe extends Pick<Template, "id" | "name" | "about"> {
  readonly roles: readonly RoleName[];
  readonly who: (shop: Shop) => Who;
}

const ago = (last: number, unit: Unit) => ({ last, unit });
const event = (role: RoleName) => ({ kind: "event" as const, event: { role } });
const did = (role: RoleName, value: number, last?: ReturnType<typeof ago>): Who => ({ ...event(role), measure: { of: "count" }, op: "at_least", value, ...(last ? { within: last } : {}) });
const lastBefore = (role: RoleName, value: ReturnType<typeof ago>): Who => ({ ...event(role), measure: { of: "last" }, op: "more_than_ago", value });
const lastWithin = (role: RoleName, value: ReturnType<typeof ago>): Who => ({ ...event(role), measure: { of: "last" }, op: "in_last", value });
/** Since the last event of one role, none of another. */
const noneSince = (role: RoleName, since: RoleName): Who => ({
  not: { ...event(role), measure: { of: "count" }, op: "at_least", value: 1, within: { since: { event: { role: since }, which: "last" } } },
});
const bought = (shop: Shop, ...products: readonly string[]): Who => ({
  ...event("order"), measure: { of: "count" }, op: "at_least", value: 1,
  where: products.map((value) => ({ item: shop.path("order", "products"), where: [{ property: shop.path("order", "name"), op: "equals", value }] })),
});

const recipes: readonly Recipe[] = [
  {
    id: "vip", roles: ["order"],
    name: { en: "VIP customers", de: "VIP-Kunden" },
    about: { en: "Spent the most in a year, refunds taken off.", de: "Haben in einem Jahr am meisten ausgegeben, Erstattungen abgezogen." },
    who: (shop) => ({ ...event("order"), measure: { of: "sum", property: { role: "value" }, ...(shop.has("refund") ? { net: true } : {}) }, op: "at_least", value: 1_000, within: ago(1, "year") }),
  },
  {
    id: "first_time_buyers", roles: ["order"],
    name: { en: "First-time buyers", de: "Erstkäufer" },
    about: { en: "Made their first and only order lately.", de: "Haben vor Kurzem ihre erste und bisher einzige Bestellung aufgegeben." },
    who: () => ({ all: [{ ...event("order"), measure: { of: "count" }, op: "equals", value: 1 }, { ...event("order"), measure: { of: "first" }, op: "in_last", value: ago(30, "day") }] }),
  },
  {
    id: "cart_abandoned", roles: ["added_to_cart", "order"],
    name: { en: "Cart abandoned", de: "Warenkorb verlassen" },
    about: { en: "Put something into the cart an hour to three days ago, and have not ordered since.", de: "Haben vor einer Stunde bis drei Tagen etwas in den Warenkorb gelegt und seitdem nicht bestellt." },
    who: () => ({ all: [lastWithin("added_to_cart", ago(3, "day")), lastBefore("added_to_cart", ago(1, "hour")), noneSince("order", "added_to_cart")] }),
  },
  {
    id: "at_risk", roles: ["order"],
    name: { en: "At risk", de: "Abwanderungsgefährdet" },
    about: { en: "Used to order again and again, and have been quiet for two months.", de: "Haben immer wieder bestellt und sind seit zwei Monaten still." },
    who: () => ({ all: [did("order", 2, ago(1, "year")), lastBefore("order", ago(60, "day")), lastWithin("order", ago(180, "day"))] }),
  },
  {
    id: "lapsed", roles: ["order"],
    name: { en: "Lapsed customers", de: "Ehemalige Kunden" },
    about: { en: "Ordered once, and not for half a year.", de: "Haben einmal bestellt, aber seit einem halben Jahr nicht mehr." },
    who: () => lastBefore("order", ago(180, "day")),
  },
  {
    id: "win_back", roles: ["order", "product_viewed"],
    name: { en: "Win back", de: "Rückgewinnung" },
    about: { en: "Have not ordered for half a year, and look at products again.", de: "Haben seit einem halben Jahr nicht bestellt und sehen sich wieder Produkte an." },
    who: () => ({ all: [lastBefore("order", ago(180, "day")), did("product_viewed", 1, ago(14, "day"))] }),
  },
  {
    id: "birthday_this_month", roles: [],
    name: { en: "Birthday this month", de: "Geburtstag in diesem Monat" },
    about: { en: "By the trait birthday, in each person's own time zone.", de: "Nach dem Merkmal birthday, in der Zeitzone der Person." },
    who: () => ({ kind: "trait", trait: "birthday", op: "anniversary", in: "this_month" }),
  },
  {
    id: "red_dress", roles: ["order"],
    name: { en: "Women who bought a red dress", de: "Frauen, die ein rotes Kleid gekauft haben" },
    about: { en: "In the last 14 days; colour and category of one and the same item.", de: "In den letzten 14 Tagen; Farbe und Kategorie desselben Artikels." },
    who: (shop) => ({
      all: [
        { kind: "trait", trait: "gender", op: "equals", value: "female" },
        {
          ...event("order"), measure: { of: "count" }, op: "at_least", value: 1, within: ago(14, "day"),
          where: [{
            item: shop.path("order", "products"),
            where: [{ property: shop.inItem("color", "colour", "variant"), op: "equals", value: "red" }, { property: shop.path("order", "category"), op: "equals", value: "dress" }],
          }],
        },
      ],
    }),
  },
  {
    id: "click_and_collect", roles: ["click_and_collect"],
    name: { en: "Click-and-collect buyers", de: "Click-and-Collect-Käufer" },
    about: { en: "Ordered online and fetched it in the shop, in the last 90 days.", de: "Haben in den letzten 90 Tagen online bestellt und im Laden abgeholt." },
    who: () => did("click_and_collect", 1, ago(90, "day")),
  },
  {
    id: "failed_payment", roles: ["payment_failed"],
    name: { en: "Failed payment", de: "Zahlung fehlgeschlagen" },
    about: { en: "A payment failed in the last week, and none has come since.", de: "In der letzten Woche schlug eine Zahlung fehl, und seitdem kam keine." },
    who: (shop) => ({
      all: [did("payment_failed", 1, ago(7, "day")), ...(["subscription_renewed", "order"] as const).filter(shop.has).map((role) => noneSince(role, "payment_failed"))],
    }),
  },
  {
    id: "bought_a_not_b", roles: ["order"],
    name: { en: "Bought A but not B", de: "A gekauft, aber nicht B" },
    about: { en: "For what goes with what they have: name the two products.", de: "Für das, was zu ihrem Kauf passt: Nennen Sie die beiden Produkte." },
    who: (shop) => ({ all: [bought(shop, "Product A"), { not: bought(shop, "Product B") }] }),
  },
  {
    id: "bought_together", roles: ["order"],
    name: { en: "Bought together", de: "Zusammen gekauft" },
    about: { en: "Both products in one order.", de: "Beide Produkte in einer Bestellung." },
    who: (shop) => bought(shop, "Product A", "Product B"),
  },
];

/** `paths`: of the properties that arrive, those of items as `products.price`. */
export function audienceTemplates(vocabulary: Vocabulary, paths: Iterable<string> = []): Template[] {
  const arrived = [...new Set(paths)];
  const has = (role: RoleName): boolean => vocabulary.roles[role].events.length > 0;
  const list = (): string => firstArrived(vocabulary.roles.order.properties.products ?? [], arrived, "products");
  const shop: Shop = {
    has,
    path: (role, property) => {
      const given = vocabulary.roles[role].properties[property] ?? [];
      return property === "products" ? list() : firstArrived(given.map((one) => `${list()}.${one}`), arrived, `${list()}.${given[0] ?? property}`).slice(list().length + 1);
    },
    inItem: (...names) => firstArrived(names.map((name) => `${list()}.${name}`), arrived, `${list()}.${names[0] ?? ""}`).slice(list().length + 1),
  };
  return recipes.map(({ id, name, about, roles, who }) => {
    const needs = roles.filter((role) => !has(role));
    return { id, name, about, needs, definition: needs.length > 0 ? null : definition.parse({ who: who(shop) }) };
  });
}

function firstArrived(given: readonly string[], arrived: readonly string[], otherwise: string): string {
  return given.find((path) => arrived.some((one) => one === path || one.startsWith(`${path}.`))) ?? given[0] ?? otherwise;
}
