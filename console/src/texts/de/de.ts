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
import type { Language } from "../en/en.ts";
import { everywhere } from "./everywhere.ts";
import { home } from "./home.ts";
import { masking } from "./masking.ts";
import { navigation } from "./navigation.ts";
import { palette } from "./palette.ts";
import { settings } from "./settings.ts";
import { shortcuts } from "./shortcuts.ts";
import { tasks } from "./tasks.ts";

export const de: Language = {
  first: {
    language: "de",
    product: "Tributary",
    everywhere,
    navigation,
    palette,
    shortcuts,
    home,
    masking,
    settings,
    tasks,
  },
  parts: {
    about: () => import("./about.ts"),
    accounts: () => import("./accounts.ts"),
    alerts: () => import("./alerts.ts"),
    audienceSync: () => import("./audience-sync.ts"),
    audiences: () => import("./audiences.ts"),
    audit: () => import("./audit.ts"),
    computed: () => import("./computed.ts"),
    deliveries: () => import("./deliveries.ts"),
    demo: () => import("./start.ts"),
    desk: () => import("./desk.ts"),
    destinations: () => import("./destinations.ts"),
    events: () => import("./events.ts"),
    exports: () => import("./exports.ts"),
    forgettings: () => import("./forgettings.ts"),
    held: () => import("./held.ts"),
    identity: () => import("./identity.ts"),
    identityRules: () => import("./identity-rules.ts"),
    imports: () => import("./imports.ts"),
    limits: () => import("./limits.ts"),
    members: () => import("./members.ts"),
    models: () => import("./models.ts"),
    oauth: () => import("./oauth.ts"),
    path: () => import("./path.ts"),
    problemRules: () => import("./problem-rules.ts"),
    profiles: () => import("./profiles.ts"),
    roles: () => import("./roles.ts"),
    scenarios: () => import("./start.ts"),
    schema: () => import("./schema.ts"),
    sdks: () => import("./sdks.ts"),
    setUp: () => import("./set-up.ts"),
    signIn: () => import("./sign-in.ts"),
    sources: () => import("./sources.ts"),
    sql: () => import("./sql.ts"),
    start: () => import("./start.ts"),
    subscriptions: () => import("./subscriptions.ts"),
    tokens: () => import("./tokens.ts"),
    vocabulary: () => import("./vocabulary.ts"),
    workspace: () => import("./workspace.ts"),
  },
};
