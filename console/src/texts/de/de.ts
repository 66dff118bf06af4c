// Alle Texte der Konsole auf Deutsch, in der Gestalt der englischen: Fehlt einer oder ist einer zu viel, ist das ein Typfehler.
//
// Wie wir die Dinge nennen. Gesiezt wird, Knöpfe sind Verben, und wo es ein übliches deutsches Wort gibt, steht keines daneben.
//
//   account         Konto; von Firmen: Firmenkonto     property        Eigenschaft
//   audience        Zielgruppe                         refused         abgelehnt
//   audit log       Protokoll                          rejected        abgewiesen (ein Schlüssel, eine Anfrage)
//   consent         Einwilligung (erteilt, verweigert) repeat          Wiederholung
//   destination     Ziel                               reveal          aufdecken
//   dropped         verworfen                          shared          geteilt (eine Kennung)
//   event           Ereignis                           source          Quelle
//   held            zurückgehalten                     suppressed      gesperrt
//   identifier      Kennung                            timeline        Verlauf
//   live debugger   Live-Ansicht                       token           das Token
//   mapping         Zuordnung                          trait           Merkmal
//   masked          verdeckt                           unmerge         Trennung (trennen)
//   merge           Zusammenführung (zusammenführen)   user id         Nutzer-ID
//   origin          Ursprung                           withdraw        zurücknehmen (einen Import)
//   person, profile Person, Profil                     workspace       Arbeitsbereich
//   put aside       ablegen                            write key       Schreibschlüssel
import type { Texts } from "../en/en.ts";
import { about } from "./about.ts";
import { audiences } from "./audiences.ts";
import { audit } from "./audit.ts";
import { masking } from "./masking.ts";
import { accounts } from "./accounts.ts";
import { computed } from "./computed.ts";
import { deliveries } from "./deliveries.ts";
import { desk } from "./desk.ts";
import { destinations } from "./destinations.ts";
import { events } from "./events.ts";
import { everywhere } from "./everywhere.ts";
import { held } from "./held.ts";
import { home } from "./home.ts";
import { identity } from "./identity.ts";
import { identityRules } from "./identity-rules.ts";
import { imports } from "./imports.ts";
import { limits } from "./limits.ts";
import { members } from "./members.ts";
import { navigation } from "./navigation.ts";
import { problemRules } from "./problem-rules.ts";
import { path } from "./path.ts";
import { palette } from "./palette.ts";
import { profiles } from "./profiles.ts";
import { sdks } from "./sdks.ts";
import { roles } from "./roles.ts";
import { schema } from "./schema.ts";
import { settings } from "./settings.ts";
import { shortcuts } from "./shortcuts.ts";
import { signIn } from "./sign-in.ts";
import { sources } from "./sources.ts";
import { demo, scenarios, start } from "./start.ts";
import { tasks } from "./tasks.ts";
import { tokens } from "./tokens.ts";
import { vocabulary } from "./vocabulary.ts";
import { workspace } from "./workspace.ts";

export const de: Texts = {
  language: "de",
  product: "Tributary",
  everywhere,
  navigation,
  palette,
  shortcuts,
  signIn,
  home,
  identity,
  identityRules,
  sources,
  sdks,
  events,
  path,
  held,
  imports,
  schema,
  profiles,
  computed,
  desk,
  deliveries,
  destinations,
  masking,
  audiences,
  audit,
  about,
  settings,
  accounts,
  members,
  roles,
  tokens,
  tasks,
  workspace,
  limits,
  problemRules,
  vocabulary,
  start,
  demo,
  scenarios,
};
