// What the program itself knows of fields: those of the wire protocol and of Segment's published events, by exact name. A
// field that is not named here is undecided. Only a whole path is ever known to be harmless, so that nothing personal hides
// below a harmless name; a name that says "this is about a person" counts wherever it stands.
import type { FieldKind, FieldPlace } from "@tributary/schema/field.ts";

export interface KnownField {
  readonly personal: boolean;
  readonly kind?: FieldKind;
}

/** Last part of a path, without case and separators → what kind of thing about a person it is. */
const personalNames: ReadonlyMap<string, FieldKind> = new Map([
  ...kindOf("identity", [
    "email", "emailaddress", "mail", "phone", "phonenumber", "mobile", "mobilephone", "telephone", "fax", "name", "firstname", "lastname",
    "fullname", "middlename", "givenname", "familyname", "surname", "nickname", "username", "displayname", "title", "avatar", "photo",
    "address", "street", "streetaddress", "address1", "address2", "addressline1", "addressline2", "city", "town", "zip", "zipcode", "postcode",
    "postalcode", "state", "region", "latitude", "longitude", "lat", "lng", "lon", "coordinates", "ip", "ipaddress", "ssn", "cpr", "passport",
    "taxid", "vat", "vatnumber", "iban", "cardnumber", "accountnumber", "userid", "anonymousid", "previousid", "externalid", "customerid",
    "contactid", "deviceid", "advertisingid", "idfa", "idfv", "gaid", "password", "token",
  ]),
  ...kindOf("demographic", ["birthday", "birthdate", "birthyear", "dateofbirth", "dob", "age", "gender", "sex", "maritalstatus", "religion", "nationality"]),
]);

/** Of an item that is bought or looked at, alone and within lists of them. */
const itemProperties = [
  "product_id", "sku", "category", "brand", "variant", "price", "quantity", "position", "value", "currency", "category_id", "size", "color",
];

/** Properties of Segment's published events that tell of goods, money and places in an interface. */
const harmlessProperties: ReadonlySet<string> = new Set([
  ...itemProperties,
  ...itemProperties.flatMap((name) => [`products.${name}`, `items.${name}`]), "products.name", "items.name",
  "revenue", "total", "subtotal", "tax", "shipping", "discount", "rate", "affiliation", "coupon", "coupon_id", "coupon_name", "promotion_id", "creative",
  "payment_method", "shipping_method", "step", "list_id", "list_name", "sort", "rating", "sorts.type", "sorts.value", "share_via", "plan", "version", "build",
  "previous_version", "previous_build", "from_background", "width", "height", "library.name", "library.version",
]);

const harmlessContext: ReadonlySet<string> = new Set([
  "library.name", "library.version", "app.name", "app.version", "app.build", "app.namespace", "campaign.name", "campaign.source", "campaign.medium",
  "campaign.term", "campaign.content", "campaign.id", "device.type", "device.manufacturer", "device.model", "os.name", "os.version", "browser.name",
  "browser.version", "screen.width", "screen.height", "screen.density", "screen.innerWidth", "screen.innerHeight", "network.bluetooth", "network.cellular",
  "network.wifi", "locale", "timezone", "channel", "active", "userAgentData.mobile", "userAgentData.platform",
]);

/** About the account itself, and never about one of its people. */
const harmlessAccount: ReadonlyMap<string, FieldKind> = new Map(kindOf("firmographic", ["industry", "employees", "plan"]));

const harmlessTraits: ReadonlyMap<string, FieldKind> = new Map(kindOf("transaction", ["plan", "currency"]));

/** Undefined: the program knows nothing of it. `event` makes no difference to what is known. */
export function knownField(place: FieldPlace, path: string): KnownField | undefined {
  switch (place) {
    case "property":
      if (harmlessProperties.has(path)) return { personal: false, kind: "transaction" };
      break;
    case "context":
      if (harmlessContext.has(path)) return { personal: false, kind: "behaviour" };
      break;
    case "account":
    case "trait": {
      const kind = (place === "trait" ? harmlessTraits : harmlessAccount).get(path);
      if (kind !== undefined) return { personal: false, kind };
    }
  }
  const kind = personalNames.get(wordOf(path));
  return kind === undefined ? undefined : { personal: true, kind };
}

/** Whether a word, as `wordOf` gives it, is of what somebody is, such as their gender. */
export function isDemographic(word: string): boolean {
  return personalNames.get(word) === "demographic";
}

/** `profile.first_name` → `firstname`. */
export function wordOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
}

function kindOf(kind: FieldKind, names: readonly string[]): (readonly [string, FieldKind])[] {
  return names.map((name) => [name, kind] as const);
}
