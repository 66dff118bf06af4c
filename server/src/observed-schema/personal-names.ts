// Names of fields that say "this is about a person", in the languages in which people name fields, with what kind of thing it
// is. A name is split into its words (`customerEmail`, `kunde_email` and `E-Mail` all hold `email`), so that `customer_email`
// is found and `emailing_cost` is not. Pure.
import type { FieldKind } from "@tributary/schema/field.ts";

export interface NameMeaning {
  readonly kind: FieldKind;
  /** In words, for the evidence: "an e-mail address". */
  readonly what: string;
}

/** Words without accents and in lower case; several words of one name joined by a space. */
const meanings: readonly (readonly [kind: FieldKind, what: string, names: string])[] = [
  ["identity", "an e-mail address", "email|e mail|mail address|email address|mailadresse|correo|correo electronico|courriel|adresse mail|e post|epost|sahkoposti|e posta|eposta"],
  ["identity", "a phone number", "phone|phone number|telephone|tel|mobile|mobile phone|mobile number|cell|cellphone|msisdn|whatsapp|fax|telefon|telefonnummer|handy|handynummer|rufnummer|mobil|mobilnummer|telefono|movil|cellulare|telefone|celular|puhelin|telefoon"],
  ["identity", "a person's name", "first name|firstname|last name|lastname|full name|fullname|given name|family name|surname|middle name|maiden name|nickname|user name|username|display name|customer name|recipient|vorname|nachname|familienname|name des kunden|geburtsname|anrede|fornavn|efternavn|etternavn|fornamn|efternamn|nombre|apellido|apellidos|prenom|nom|nom de famille|cognome|nome|sobrenome|voornaam|achternaam|etunimi|sukunimi|imie|nazwisko"],
  ["identity", "a postal address", "address|street|street address|address line|address1|address2|house number|zip|zip code|postcode|post code|postal code|strasse|hausnummer|plz|postleitzahl|adresse|anschrift|wohnort|gade|vej|vejnavn|husnummer|postnummer|bynavn|adress|gata|calle|direccion|codigo postal|rue|code postal|ville|indirizzo|rua|endereco|cep|straat|huisnummer|woonplaats|katuosoite"],
  ["identity", "where somebody is", "lat|lng|lon|latitude|longitude|geo|geolocation|gps|coordinates|breitengrad|laengengrad|longitud|latitud"],
  ["identity", "a bank account or card", "iban|bic|bank account|account number|card number|cardnumber|cvv|cvc|kontonummer|bankverbindung|cuenta|cuenta bancaria|compte bancaire|kortnummer"],
  ["identity", "an official number of a person", "ssn|social security|social security number|cpr|cpr nummer|personnummer|personal number|national id|nationalid|passport|passport number|tax id|taxid|steuer id|steuernummer|sozialversicherungsnummer|ausweis|ausweisnummer|reisepass|nif|dni|nir|cpf|codice fiscale|bsn|pesel|hetu|henkilotunnus|driver license|drivers license|license plate|kennzeichen|nummerplade"],
  ["identity", "an address on the network", "ip|ip address|ipaddress|ipv4|ipv6|client ip|remote addr|remote address|mac address"],
  ["identity", "an id of a person or device", "device id|deviceid|advertising id|idfa|idfv|gaid|aaid|user id|userid|customer id|customerid|kundennummer|kundenummer|anonymous id|visitor id|contact id|member id|subscriber id|push token|device token|fingerprint|session recording"],
  ["identity", "a secret of a person", "password|passwort|kennwort|adgangskode|contrasena|mot de passe|senha|pin|secret|access token|auth token"],
  ["identity", "a picture of a person", "avatar|photo|profile picture|portrait|foto|bild|picture"],
  ["identity", "a person's account elsewhere", "twitter|twitter handle|linkedin|facebook|instagram|skype|tiktok|handle|github"],
  ["demographic", "when somebody was born", "birthday|birth date|birthdate|date of birth|dateofbirth|dob|birth year|year of birth|age|geburtsdatum|geburtstag|geboren|fodselsdag|fodselsdato|fodselsaar|fodelsedag|fecha de nacimiento|nacimiento|edad|date de naissance|naissance|data di nascita|nascimento|geboortedatum|syntymaaika"],
  ["demographic", "something about a person", "gender|sex|geschlecht|genero|sexo|sexe|genere|marital status|familienstand|civil status|nationality|nationalitaet|nationalitet|nacionalidad|religion|ethnicity|race|income|salary|einkommen|gehalt|education|health|diagnosis|diagnose|political|union membership|disability"],
  ["identity", "what somebody wrote", "message|comment|comments|note|notes|free text|feedback text|kommentar|nachricht|besked|mensaje|commentaire|signature|transcript"],
];

const byName = new Map<string, NameMeaning>();
for (const [kind, what, names] of meanings) for (const name of names.split("|")) byName.set(name, { kind, what });

const demographicNames: ReadonlySet<string> = new Set(["title", "job title", "position", "alter", "kon"]);

/** Names that are a person's only where the field is about a person: as a trait, and not of a product or a campaign. */
const ofPeopleAlone: ReadonlyMap<string, NameMeaning> = new Map(
  ["name", "title", "city", "town", "state", "region", "job title", "position", "stadt", "ort", "by", "bundesland", "ciudad", "citta", "stad", "alter", "kon"].map((name) => [name, {
    kind: demographicNames.has(name) ? "demographic" : "identity",
    what: name === "name" ? "a person's name" : demographicNames.has(name) ? "something about a person" : "where somebody lives",
  }]),
);

/** Words before which `name`, `address` and the like are those of a thing. */
const thingWords: ReadonlySet<string> = new Set([
  "product", "products", "item", "items", "event", "campaign", "page", "screen", "file", "library", "app", "os", "browser", "brand", "category", "plan", "list",
  "store", "shop", "coupon", "promotion", "company", "network", "class", "host", "domain", "column", "table", "field", "produkt", "artikel", "vare", "module", "feature", "experiment", "variation",
]);

/** Words that turn a personal name into a number about it: `email_count`, `phone_verified`. */
const aboutWords: ReadonlySet<string> = new Set([
  "count", "verified", "valid", "status", "type", "opened", "sent", "enabled", "consent", "opt", "subscribed", "subscription", "template", "campaign", "length", "format", "provider", "cost", "price", "bucket", "group", "range", "band", "has", "is", "total",
]);

/** Lower case, without accents; `camelCase`, `snake_case` and dots become spaces. */
export function wordsOf(name: string): readonly string[] {
  return name.slice(0, 300).replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1 $2").toLowerCase()
    .replaceAll("ß", "ss").replaceAll("ø", "o").replaceAll("æ", "ae").normalize("NFD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

/** What the last name of a path says; undefined when it says nothing about people. `isOfPerson`: the field is a trait of one. */
export function meaningOf(path: string, isOfPerson: boolean): (NameMeaning & { readonly name: string }) | undefined {
  const names = path.split(".");
  const words = wordsOf(names.at(-1) ?? "");
  const above = wordsOf(names.slice(0, -1).join(" "));
  if (words.some((word) => aboutWords.has(word))) return undefined;
  const isOfThing = [...words.slice(0, -1), ...above].some((word) => thingWords.has(word));
  // The longest name first: `card number` before `number`, and one at the end before one elsewhere.
  for (let length = Math.min(4, words.length); length > 0; length--) {
    for (let start = words.length - length; start >= 0; start--) {
      const name = words.slice(start, start + length).join(" ");
      // One short word within others is as well part of something else: `by_default`, `via_app`.
      if (length < words.length && start + length < words.length && name.length < 5) continue;
      if (length < words.length && name.length < 3) continue;
      const meaning = byName.get(name) ?? (isOfPerson || above.some((word) => personWords.has(word)) ? ofPeopleAlone.get(name) : undefined);
      if (meaning !== undefined && !isOfThing) return { ...meaning, name };
    }
  }
  return undefined;
}

/** Above these, a name is a person's: `customer.name`. */
const personWords: ReadonlySet<string> = new Set([
  "customer", "user", "person", "contact", "recipient", "passenger", "traveller", "traveler", "guest", "member", "billing", "delivery", "shipping", "employee", "patient", "buyer", "kunde", "cliente", "client", "address", "location", "traits",
]);
