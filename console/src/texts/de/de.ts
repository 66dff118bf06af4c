// Alle Texte der Konsole auf Deutsch, in der Gestalt der englischen.
import { en, type Texts } from "../en/en.ts";
import { signIn } from "./sign-in.ts";
import { roles } from "./roles.ts";
import { members } from "./members.ts";
import { accounts } from "./accounts.ts";
import { limits } from "./limits.ts";
import { tokens } from "./tokens.ts";

export const de: Texts = {
  ...en,
  language: "de",
  accounts,
  members,
  roles,
  signIn,
  tokens,
  limits,
};
