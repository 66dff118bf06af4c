// Die Grenzen des Servers.
import type { Texts } from "../en/en.ts";

export const limits: Texts["limits"] = {
  title: "Grenzen",
  sentence: "Wie groß eine Anfrage oder ein Ereignis sein darf. Wer den Server betreibt, ändert eine Grenze durch ihre Einstellung.",
  columns: { what: "Was sie begrenzt", value: "Grenze", setting: "Einstellung" },
  byDefault: (text) => `sonst ${text}`,
};
