// API-Schlüssel.
import type { Texts } from "../en/en.ts";
import { plural } from "../words.ts";

export const tokens: Texts["tokens"] = {
  title: "API-Tokens",
  sentence: (n) => (n === 0 ? "Zurzeit gilt kein Token." : `${plural(n, "Token gilt", "Tokens gelten")} zurzeit. Programme lesen und ändern damit diesen Arbeitsbereich.`),
  make: "Token anlegen",
  columns: { name: "Wofür", prefix: "Beginnt mit", scopes: "Darf", created: "Angelegt", state: "Zustand" },
  works: "Gilt",
  until: "Bis",
  expired: "Abgelaufen",
  revoked: "Widerrufen",
  revoke: "Widerrufen",
  revokeTitle: (name) => `Token „${name}“ widerrufen?`,
  revokeText: "Was es benutzt, wird binnen zwei Sekunden abgewiesen. Das lässt sich nicht rückgängig machen.",
  revokedToast: "Das Token gilt nicht mehr.",
  none: "Noch keine Tokens",
  noneText: "Mit einem Token fragt ein Programm die API, mit genau den Rechten, die Sie ihm geben.",
  name: "Wofür es ist",
  nameHint: "Daran erkennen Sie es, wenn Sie es widerrufen.",
  scopes: "Was es darf",
  scopesNone: "Wählen Sie mindestens eines.",
  scopesMissing: "Geben können Sie nur, was Sie selbst dürfen.",
  expiry: "Läuft ab",
  expiries: { "30": "Nach 30 Tagen", "90": "Nach 90 Tagen", "365": "Nach einem Jahr", never: "Nie" },
  scopeNames: {
    read: { name: "Lesen", what: "Alles ansehen, was nicht personenbezogen ist." },
    write: { name: "Schreiben", what: "Personen und Ereignisse ändern." },
    admin: { name: "Verwalten", what: "Den Arbeitsbereich ändern; umfasst Lesen und Schreiben." },
    personal_data: { name: "Personenbezogene Daten", what: "Im Klartext sehen, was über Personen bekannt ist." },
    service: { name: "Service", what: "Einer Person nach der anderen helfen: Notizen, Zusagen, Berichtigungen, Einwilligungen." },
    installation: { name: "Installation", what: "Arbeitsbereiche anlegen und den Server kopieren." },
  },
  madeTitle: "Ihr neues Token",
  madeText: "Kopieren Sie es jetzt: Es wird nur dieses eine Mal gezeigt und nirgends aufbewahrt.",
  done: "Ich habe es kopiert",
};
