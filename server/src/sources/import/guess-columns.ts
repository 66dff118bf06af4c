// What the columns of a file may be, by their names and their first values. A guess is shown to whoever imports the file and
// confirmed by them, never acted upon by itself. Pure.
import type { ColumnGuess } from "@tributary/schema/api/import-sample.ts";

/** Names of columns as they are written in files, without case, accents and marks → what they are. */
const knownNames: Readonly<Record<string, readonly string[]>> = {
  user_id: ["userid", "customerid", "customernumber", "customerno", "customernr", "clientid", "memberid", "kundennummer", "kundennr", "kundenid", "kundenummer", "kundenr", "kundeid", "mitgliedsnummer", "idclient", "numeroclient"],
  anonymous_id: ["anonymousid", "deviceid", "visitorid", "cookieid"],
  message_id: ["messageid", "eventid"],
  timestamp: ["timestamp", "date", "time", "datetime", "orderdate", "purchasedate", "eventtime", "invoicedate", "datum", "zeitpunkt", "zeit", "bestelldatum", "kaufdatum", "auftragsdatum", "rechnungsdatum", "dato", "ordredato", "tidspunkt"],
  event: ["event", "eventname", "ereignis", "haendelse"],
  "trait.email": ["email", "emailaddress", "emailadresse", "mail", "mailadresse", "mailadress", "courriel", "correo"],
  "trait.firstName": ["firstname", "givenname", "forename", "vorname", "fornavn", "prenom"],
  "trait.lastName": ["lastname", "surname", "familyname", "nachname", "familienname", "efternavn"],
  "trait.name": ["name", "fullname", "customername", "kundenname", "kundenavn", "navn"],
  "trait.phone": ["phone", "phonenumber", "telephone", "mobile", "mobilephone", "cell", "telefon", "telefonnummer", "handy", "handynummer", "mobil", "mobilnummer", "mobiltelefon", "tel"],
  "trait.birthday": ["birthday", "birthdate", "dateofbirth", "geburtsdatum", "geburtstag", "foedselsdag", "foedselsdato"],
  "trait.gender": ["gender", "sex", "geschlecht", "koen"],
  "trait.company": ["company", "organisation", "organization", "firma", "unternehmen", "virksomhed"],
  "trait.language": ["language", "sprache", "sprog"],
  "trait.address.street": ["street", "streetaddress", "address", "strasse", "adresse", "anschrift", "vej"],
  "trait.address.postalCode": ["zip", "zipcode", "postcode", "postalcode", "plz", "postleitzahl", "postnummer", "postnr"],
  "trait.address.city": ["city", "town", "ort", "stadt", "by", "wohnort", "ville"],
  "trait.address.country": ["country", "land", "pays"],
  "trait.newsletter": ["newsletter", "newsletteroptin", "subscribed", "nyhedsbrev"],
  "trait.createdAt": ["created", "createdat", "registered", "registeredat", "signupdate", "customersince", "kundeseit", "registriertam", "registrierungsdatum", "angelegtam", "oprettet", "kundesiden"],
  "property.order_id": ["orderid", "order", "ordernumber", "orderno", "invoiceno", "invoicenumber", "invoice", "bestellnummer", "bestellnr", "bestellung", "auftragsnummer", "rechnungsnummer", "ordrenummer", "ordrenr"],
  "property.total": ["total", "ordertotal", "amount", "revenue", "betrag", "gesamtbetrag", "summe", "umsatz", "bestellwert", "beloeb", "omsaetning"],
  "property.currency": ["currency", "waehrung", "valuta"],
  "property.product": ["product", "productname", "item", "produkt", "artikel", "artikelname", "vare"],
  "property.sku": ["sku", "stockcode", "productid", "artikelnummer", "artikelnr", "varenummer"],
  "property.quantity": ["quantity", "qty", "menge", "anzahl", "antal"],
  "property.price": ["price", "unitprice", "preis", "einzelpreis", "pris"],
};

const byName = new Map(Object.entries(knownNames).flatMap(([target, names]) => names.map((name) => [name, target])));

/** A column's name in the form in which it is looked up: `E-Mail-Adresse` → `emailadresse`, `Straße` → `strasse`. */
export function plainName(name: string): string {
  const spelled = name.toLowerCase().replace(/ä/g, "ae").replace(/[öø]/g, "oe").replace(/ü/g, "ue").replace(/ß/g, "ss").replace(/æ/g, "ae").replace(/å/g, "aa");
  return spelled.normalize("NFD").replace(/[^a-z0-9]/g, "");
}

/** `Letzter Einkauf` → `letzterEinkauf`; what is no name at all stays as it is. */
export function pathOf(name: string): string {
  const words = name.trim().replace(/[.[\]]/g, " ").split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const [first = "", ...others] = words;
  const start = /^\p{Lu}+$/u.test(first) ? first.toLowerCase() : first.slice(0, 1).toLowerCase() + first.slice(1);
  return start + others.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("") || name;
}

/** `isOrders`: the file tells of orders, so that what is told of them are properties. */
export function guessColumn(name: string, values: readonly string[], isOrders: boolean): ColumnGuess {
  const filled = values.map((value) => value.trim()).filter((value) => value !== "");
  const target = byName.get(plainName(name));
  const [kind = "", ...rest] = (target ?? "").split(".");
  const shape = shapeOf(filled);
  const isText = new Set(["user_id", "anonymous_id", "message_id", "event"]).has(kind) || textOnly.has(target ?? "");
  const typed = isText ? plain : shape;
  if (target === undefined) return { to: isOrders ? "property" : "trait", path: pathOf(name), ...typed, known: false };
  if (kind === "timestamp") return isOrders && shape.type === "time" ? { to: "timestamp", path: "", ...shape, known: true } : { to: "trait", path: pathOf(name), ...shape, known: false };
  if (kind === "property" && !isOrders) return { to: "trait", path: pathOf(name), ...typed, known: false };
  if (kind === "event" && !isOrders) return { to: "trait", path: pathOf(name), ...plain, known: false };
  if (kind === "trait" || kind === "property") return { to: kind, path: rest.join("."), ...typed, known: true };
  return { to: kind as "user_id" | "anonymous_id" | "message_id" | "event", path: "", ...plain, known: true }; // The other keys of the table above.
}

/** An order has a number, or a sum and a day; otherwise the lines are about people. */
export function looksLikeOrders(names: readonly string[]): boolean {
  const targets = new Set(names.map((name) => byName.get(plainName(name))));
  return targets.has("event") || (targets.has("property.order_id") && targets.has("timestamp")) || (targets.has("property.total") && targets.has("timestamp"));
}

type Shape = Pick<ColumnGuess, "type" | "time_format" | "replace">;

const plain: Shape = { type: "text", time_format: null, replace: null };
/** Ids and codes: their digits are no quantity, and a day of birth is a day and no instant. */
const textOnly: ReadonlySet<string> = new Set([
  "trait.phone", "trait.address.postalCode", "trait.email", "trait.birthday", "trait.name", "trait.firstName", "trait.lastName", "property.order_id", "property.sku",
]);

const yesNo: Readonly<Record<string, string>> = { ja: "yes", nein: "no", nej: "no", oui: "yes", non: "no", wahr: "true", falsch: "false", sand: "true", falsk: "false" };
const booleans: ReadonlySet<string> = new Set(["true", "false", "yes", "no", "y", "n"]);

function shapeOf(filled: readonly string[]): Shape {
  if (filled.length === 0) return plain;
  const time = timeFormatOf(filled);
  if (time !== undefined) return { type: "time", time_format: time, replace: null };
  if (filled.every(isNumber)) return { type: "number", time_format: null, replace: null };
  if (filled.every((value) => booleans.has(value.toLowerCase()))) return { type: "boolean", time_format: null, replace: null };
  if (filled.every((value) => Object.hasOwn(yesNo, value.toLowerCase()))) {
    return { type: "boolean", time_format: null, replace: Object.fromEntries([...new Set(filled)].map((value) => [value, yesNo[value.toLowerCase()] ?? value])) };
  }
  return plain;
}

/** Zeros at the front are an id's, as is a plus sign a phone's. */
export function isNumber(text: string): boolean {
  return /^-?(?:\d{1,15}|\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+)(?:[.,]\d+)?$/.test(text) && !/^-?0\d/.test(text);
}

/** The pattern that all of them follow; undefined when they are no times or when day and month can't be told apart. */
function timeFormatOf(filled: readonly string[]): string | undefined {
  if (filled.every((value) => /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(value))) return "iso";
  const match = filled.map((value) => /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?: (\d{1,2}):(\d\d)(:\d\d)?)?$/.exec(value));
  const [first] = match;
  if (!first || match.some((one) => one === null || one[2] !== first[2] || (one[5] === undefined) !== (first[5] === undefined) || (one[7] === undefined) !== (first[7] === undefined))) return undefined;
  const mark = first[2] ?? ".";
  const isMonthFirst = mark === "/" && match.some((one) => Number(one?.[3]) > 12) && match.every((one) => Number(one?.[1]) <= 12);
  const day = isMonthFirst ? `M${mark}d${mark}yyyy` : `d${mark}M${mark}yyyy`;
  return `${day}${first[5] === undefined ? "" : ` H:mm${first[7] === undefined ? "" : ":ss"}`}`;
}
