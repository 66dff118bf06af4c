// Every text of the console, in English: one file a feature. Another language is another folder of this shape; texts.ts chooses.
import { everywhere } from "./everywhere.ts";
import { home } from "./home.ts";
import { masking } from "./masking.ts";
import { navigation } from "./navigation.ts";
import { palette } from "./palette.ts";
import { settings } from "./settings.ts";
import { shortcuts } from "./shortcuts.ts";
import { tasks } from "./tasks.ts";

/** With the first script: the frame, Home, and what every page says. */
const first = {
  language: "en",
  product: "Tributary",
  everywhere,
  navigation,
  palette,
  shortcuts,
  home,
  masking,
  settings,
  tasks,
};

/** Each with the pages that show it, which router.tsx names. */
const parts = {
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
};

export type PartName = keyof typeof parts;

/** What each language has: the same names and the same parts to a sentence, in other words. */
export type Texts = InOtherWords<typeof first & { readonly [Name in PartName]: PartOf<(typeof parts)[Name], Name> }>;

/** A language as it is loaded. */
export interface Language {
  readonly first: Omit<Texts, PartName>;
  readonly parts: { readonly [Name in PartName]: () => Promise<Pick<Texts, Name>> };
}

export const en: Language = { first, parts };

type PartOf<Load extends () => Promise<unknown>, Name> = Name extends keyof Awaited<ReturnType<Load>> ? Awaited<ReturnType<Load>>[Name] : never;

type InOtherWords<Text> = Text extends string ? string
  : Text extends (...parts: infer Parts) => string ? (...parts: Parts) => string
  : { readonly [Name in keyof Text]: InOtherWords<Text[Name]> };
