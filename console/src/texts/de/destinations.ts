// Ziele: was hinausgeht und ob es ankommt.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";

export const destinations: Texts["destinations"] = {
  title: "Ziele",
  sentence: (on, failing, off) => {
    const rest = off === 0 ? "" : ` ${count(off)} ausgeschaltet.`;
    if (on === 0) return `Es wird nichts gesendet.${rest}`;
    if (failing > 0) return `${plural(failing, "Ziel nimmt", "Ziele nehmen")} nicht an, was gesendet wird; ${count(on - failing)} von ${count(on)} sind in Ordnung.${rest}`;
    return `${on === 1 ? "Das eingeschaltete Ziel ist" : `Alle ${count(on)} eingeschalteten Ziele sind`} in Ordnung.${rest}`;
  },
  none: "Noch wird nirgendwohin gesendet",
  noneText: "Ein Ziel bringt Ereignisse und Zielgruppen in ein anderes System: an eine eigene Adresse, in eine Datenbank, in ein Newsletter- oder Werbekonto. Wählen Sie eines aus dem Katalog.",
  noneArchived: "Kein Ziel ist archiviert",
  noneArchivedText: "Archivierte Ziele senden nichts und lassen sich noch ansehen.",
  noMatch: "Kein Ziel passt",
  noMatchText: "Keines hat dieses Wort im Namen und diesen Zustand.",
  clearFilter: "Alle Ziele zeigen",
  filter: "Ein Ziel finden",
  status: "Welche",
  statuses: { active: "In Gebrauch", archived: "Archiviert" },
  columns: { name: "Name", kind: "Ziel", state: "Zustand", since: "Seit", sends: "Abonnements an", changed: "Geändert", by: "Von" },
  gone: "nicht mehr im Katalog",
  onOf: (on, all) => `${count(on)} von ${count(all)}`,
  testOnly: "nur Testpersonen",
  states: {
    off: "Ausgeschaltet", archived: "Archiviert", nothing: "Kein Abonnement ist an", on: "Eingeschaltet", idle: "Noch nichts gesendet", flowing: "Liefert", throttled: "Gebremst", failing: "Gestört", unauthorized: "Schlüssel abgelehnt",
  },
  catalog: {
    title: "Katalog",
    open: "Ziel hinzufügen",
    sentence: (ready, ownApp, hidden) =>
      `${count(ready)} gehen mit einem eigenen Schlüssel oder einer eigenen Adresse, ${count(ownApp)} mit einer App, die Sie beim Anbieter anmelden, und ${count(hidden)} gehen nicht und sagen, warum.`,
    noVendor: "Keines wurde gegen die Server des Anbieters selbst erprobt.",
    find: "Im Katalog finden",
    category: "Kategorie",
    every: "Alle Kategorien",
    categories: {
      ads: "Werbung", analytics: "Auswertung", billing: "Abrechnung", crm: "Kunden und Vertrieb", email: "E-Mail", feedback_support: "Meinung und Hilfe", loyalty_commerce: "Treue und Handel",
      messaging: "Nachrichten", other: "Anderes", personalization: "Personalisierung", utility: "Werkzeuge", warehouse: "Datenbanken und Dateien",
    },
    availability: "Welche",
    availabilities: { usable: "Alle benutzbaren", ready: "Bereit zum Einrichten", own_app: "Mit eigener App", hidden: "Nicht benutzbar" },
    labels: { ready: "Bereit zum Einrichten", own_app: "Braucht eine eigene App", hidden: "Nicht benutzbar" },
    none: "Kein Ziel passt",
    noneText: "Keines hat diese Wörter im Namen, in der Beschreibung oder in dem, was es kann. Was Anfragen über HTTP annimmt, erreicht der Webhook.",
    clear: "Den ganzen Katalog zeigen",
    found: (n) => plural(n, "Ziel", "Ziele"),
    inUse: (n) => `${count(n)} in Gebrauch`,
    origins: { own: "Für Tributary gemacht", catalog: "Aus Segments offenem Katalog" },
    proofs: { contract: "Anfragen getestet", loads: "Anfragen ungetestet" },
    proofText: {
      contract: "Seine Anfragen und was aus jeder Antwort wird, sind gegen einen nachgestellten Anbieter getestet. Der Anbieter selbst wurde nicht gerufen.",
      loads: "Es lädt und lässt sich einrichten; was es sendet, ist nicht getestet. Probieren Sie es zuerst mit Testpersonen.",
    },
    authentication: { none: "Keine Anmeldung", key: "Ein Schlüssel", basic: "Name und Passwort", oauth2: "OAuth, mit einer eigenen App" },
    facts: { availability: "Benutzung", proof: "Getestet", origin: "Woher", authentication: "Meldet sich an mit", category: "Kategorie", audiences: "Zielgruppen", documentation: "Hilfe des Anbieters" },
    audiences: { yes: "Führt sie als Personenlisten", no: "Bekommt sie als Ereignisse" },
    actions: "Was es kann",
    settings: "Was es wissen will",
    setUp: "Einrichten",
    setUpText: "Mit einem Token der Rolle Admin. Es sendet nichts, bis es und ein Abonnement eingeschaltet sind.",
    notes: "Gut zu wissen",
    required: "nötig",
    secret: "bleibt geheim",
    noSettings: "Es will nichts wissen.",
    alternatives: "Alle benutzbaren zeigen",
  },
};
