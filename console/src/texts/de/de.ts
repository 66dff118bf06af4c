// Alle Texte der Konsole auf Deutsch, in der Gestalt der englischen.
import { en, type Texts } from "../en/en.ts";
import { limits } from "./limits.ts";
import { tokens } from "./tokens.ts";

export const de: Texts = {
  ...en,
  language: "de",
  tokens,
  limits,
};
