// Die Grenzen des Servers.
import type { Texts } from "../en/en.ts";

export const limits: Texts["limits"] = {
  title: "Grenzen",
  sentence: "Wie groß eine Anfrage oder ein Ereignis sein darf. Wer den Server betreibt, ändert eine Grenze durch ihre Einstellung.",
  columns: { what: "Was sie begrenzt", value: "Grenze", setting: "Einstellung" },
  what: {
    bodyBytesMax: "Der Inhalt einer Anfrage, wie er übertragen wird, komprimiert oder nicht.",
    inflatedBytesMax: "Der Inhalt einer Anfrage nach dem Entpacken.",
    eventBytesMax: "Ein Ereignis, wie es gesendet wurde; ein größeres wird aufbewahrt und zurückgehalten.",
    batchEventsMax: "Ereignisse eines Stapels.",
    keysPerBodyMax: "Verschiedene Schreibschlüssel in den Ereignissen eines Stapels.",
    nestingMax: "Ineinander liegende Objekte und Listen, das Ereignis selbst als erste Ebene; ein tieferes wird aufbewahrt und zurückgehalten.",
    propertiesMax: "Eigenschaften oder Merkmale eines Ereignisses, über alle Ebenen; in den Elementen einer Liste zählt jeder Name einmal. Ein Ereignis mit mehr wird aufbewahrt und zurückgehalten.",
    nameCharactersMax: "Der Name eines Ereignisses, einer Eigenschaft oder eines Merkmals; ein Ereignis mit einem längeren wird aufbewahrt und zurückgehalten.",
    bytesInFlightMax: "Inhalte, die gerade gelesen, entpackt oder angehängt werden, über alle Anfragen, und ein Achtel davon von einer Adresse; darüber hinaus müssen Absender warten.",
    bodyTimeoutMs: "Von den Kopfzeilen einer Anfrage bis zum Ende ihres Inhalts.",
    headerBytesMax: "Die Kopfzeilen einer Anfrage.",
    connectionsMax: "Gleichzeitige Verbindungen zum Port.",
  },
  byDefault: (text) => `sonst ${text}`,
};
