// A workspace's vocabulary: which events are orders, refunds, looks at a product, and where these say their value, currency and
// products. What nobody has set is recognised among the names that arrive. The pipeline decides nothing by it.
import { z } from "zod";
import { money, type Money } from "./money.ts";
import { itemProperties, propertyNames, recognised, roleNames, type PropertyName, type RoleName } from "./vocabulary-names.ts";

export const vocabularyLimits = { eventsMax: 30, pathsMax: 10, pathCharactersMax: 300, valuesMax: 50, valueCharactersMax: 200 } as const;

export const roleName = z.enum(roleNames).meta({ id: "VocabularyRole" });
export const propertyName = z.enum(propertyNames).meta({ id: "VocabularyProperty" });

const eventName = z.string().min(1).max(512);
const path = z.string().max(vocabularyLimits.pathCharactersMax)
  .refine((text) => text.split(".").every((part) => part !== ""), "Write names joined by dots, such as `order.total`.")
  .refine((text) => !text.startsWith("properties."), "Leave out `properties.`: paths begin within the properties.")
  .refine((text) => !text.includes("[]"), "Leave out `[]`: say the list under `products`, and of its items the name alone.")
  .meta({ description: "Names joined by dots, from the event's properties on; of an item, from the item on." });
const paths = z.array(path).max(vocabularyLimits.pathsMax);

/** An order counts as such a part when one of these properties has one of these values, compared as text. */
const partRule = z.strictObject({
  paths: paths.min(1, "Name at least one property."),
  values: z.array(z.string().min(1).max(vocabularyLimits.valueCharactersMax)).min(1, "Name at least one value.").max(vocabularyLimits.valuesMax),
});
type PartRule = z.infer<typeof partRule>;

/** What is left out is recognised; an empty list says that there is none. */
const storedRole = z.strictObject({
  events: z.array(eventName).max(vocabularyLimits.eventsMax).optional(),
  properties: z.partialRecord(propertyName, paths).optional().meta({ description: "Property → where it stands; the first of them that an event has counts." }),
  where: partRule.optional().meta({ description: "Of `click_and_collect` alone." }),
});
export type StoredRole = z.infer<typeof storedRole>;

export const storedVocabulary = z
  .strictObject({ roles: z.partialRecord(roleName, storedRole), money })
  .superRefine(({ roles }, context) => {
    for (const [name, role] of Object.entries(roles) as [RoleName, StoredRole][]) {
      const { properties, partOf } = recognised[name];
      for (const property of Object.keys(role.properties ?? {}))
        if (!(property in properties)) {
          const message = `There is no \`${property}\` of \`${name}\`. It has ${Object.keys(properties).map((one) => `\`${one}\``).join(", ") || "events alone"}.`;
          context.addIssue({ code: "custom", path: ["roles", name, "properties", property], message });
        }
      if (role.where && !partOf) context.addIssue({ code: "custom", path: ["roles", name, "where"], message: "Only `click_and_collect` is a part of another; remove this." });
      if (role.events && partOf) context.addIssue({ code: "custom", path: ["roles", name, "events"], message: `It has the events of \`${partOf.role}\`; say in \`where\` which of them, or change those of \`${partOf.role}\`.` });
    }
    const both = (roles.order?.events ?? []).filter((event) => roles.refund?.events?.includes(event));
    for (const event of both) {
      const message = `\`${event}\` can't be an order and a refund at once: its value would cancel itself. Leave it in one of them.`;
      context.addIssue({ code: "custom", path: ["roles", "refund", "events"], message });
    }
  })
  .meta({ id: "StoredVocabulary" });
export type StoredVocabulary = z.infer<typeof storedVocabulary>;

export const emptyVocabulary: StoredVocabulary = { roles: {}, money: { base: null, rates: [] } };

/** Of what was written by another version, all that this one knows. */
export function readStoredVocabulary(value: unknown): StoredVocabulary {
  const given = z.object({ roles: z.record(z.string(), z.unknown()).catch({}), money: money.catch(emptyVocabulary.money) }).catch(emptyVocabulary).parse(value);
  const roles: Partial<Record<RoleName, StoredRole>> = {};
  for (const name of roleNames) {
    const role = storedRole.safeParse(given.roles[name]);
    if (role.success) roles[name] = role.data;
  }
  return { roles, money: given.money };
}

/** An event that arrives, and the paths of its properties; those of the items of a list as `products.price`. */
export interface ObservedName {
  readonly event: string;
  readonly paths?: readonly string[];
}

export type SetBy = "set" | "recognised" | "missing";

export interface RoleInForce {
  readonly role: RoleName;
  /** Who says which events these are; `missing`: nobody, and there are none. */
  readonly by: SetBy;
  readonly events: readonly string[];
  /** Each property that the role has → its paths, the first that an event has counts; none: it is not known. */
  readonly properties: Readonly<Partial<Record<PropertyName, readonly string[]>>>;
  /** Those of them that the workspace has set. */
  readonly propertiesSet: readonly PropertyName[];
  /** Only those of its events that say so; null: all. */
  readonly where: PartRule | null;
}

export interface Vocabulary {
  readonly roles: Readonly<Record<RoleName, RoleInForce>>;
  readonly money: Money;
}

/**
 * What is in force: what the workspace has set, else what is recognised among the names that arrive. Names that are set for one
 * role are not recognised for another.
 */
export function resolveVocabulary(stored: StoredVocabulary, observed: readonly ObservedName[]): Vocabulary {
  const taken = new Set(Object.values(stored.roles).flatMap((role) => role?.events ?? []));
  const roles: Partial<Record<RoleName, RoleInForce>> = {};
  for (const name of roleNames) {
    const whole = recognised[name].partOf;
    // The list of roles has the whole before its part.
    roles[name] = whole ? partInForce(name, stored, roles[whole.role], observed) : roleInForce(name, stored, observed, taken);
  }
  return { roles: roles as Record<RoleName, RoleInForce>, money: stored.money }; // Each name has had its turn.
}

function roleInForce(role: RoleName, stored: StoredVocabulary, observed: readonly ObservedName[], taken: ReadonlySet<string>): RoleInForce {
  const own = stored.roles[role];
  const known = recognised[role].events.map(plain);
  // In the order of the known names, whatever order they arrive in.
  const found = observed.map(({ event }) => event).filter((event) => known.includes(plain(event)) && !taken.has(event))
    .toSorted((a, b) => known.indexOf(plain(a)) - known.indexOf(plain(b)) || (a < b ? -1 : 1));
  const events = own?.events ?? [...new Set(found)].slice(0, vocabularyLimits.eventsMax);
  return { role, by: own?.events ? "set" : events.length > 0 ? "recognised" : "missing", events, ...propertiesInForce(role, own), where: null };
}

function partInForce(role: RoleName, stored: StoredVocabulary, whole: RoleInForce | undefined, observed: readonly ObservedName[]): RoleInForce {
  const own = stored.roles[role];
  const { paths: known, values } = recognised[role].partOf ?? { paths: [], values: [] };
  const events = whole?.events ?? [];
  const arriving = new Set(observed.filter(({ event }) => events.includes(event)).flatMap(({ paths: seen }) => seen ?? []));
  const found = known.filter((one) => arriving.has(one));
  const where = own?.where ?? (found.length > 0 ? { paths: found, values: [...values] } : null);
  const by = where === null || events.length === 0 ? "missing" : own?.where ? "set" : "recognised";
  // What is said of the whole holds for its part, unless the part says otherwise.
  const properties = { ...whole?.properties, ...own?.properties };
  return { role, by, events: by === "missing" ? [] : events, properties, propertiesSet: setNames(own), where };
}

function propertiesInForce(role: RoleName, own: StoredRole | undefined): Pick<RoleInForce, "properties" | "propertiesSet"> {
  return { properties: { ...recognised[role].properties, ...own?.properties }, propertiesSet: setNames(own) };
}

function setNames(own: StoredRole | undefined): PropertyName[] {
  return propertyNames.filter((name) => own?.properties?.[name] !== undefined);
}

/** A name as it is compared: its letters and digits. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Under which paths the observed schema lists a property of the role: those of items below each list that may hold them, or in the event itself. */
export function observedPaths(role: RoleInForce, property: PropertyName, given: string): string[] {
  if (!(itemProperties as readonly string[]).includes(property)) return [given];
  return [...(role.properties.products ?? []).map((list) => `${list}.${given}`), given];
}

/** Whose values are money that reports add up. */
export const moneyRoles = ["order", "refund", "subscription_started", "subscription_renewed"] as const satisfies readonly RoleName[];
