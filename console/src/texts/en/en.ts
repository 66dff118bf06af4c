// Every text of the console, in English: one file a feature. Another language is another folder of this shape; texts.ts chooses.
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

export const en = {
  language: "en",
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

/** What each language has: the same names and the same parts to a sentence, in other words. */
export type Texts = InOtherWords<typeof en>;

type InOtherWords<Text> = Text extends string ? string
  : Text extends (...parts: infer Parts) => string ? (...parts: Parts) => string
  : { readonly [Name in keyof Text]: InOtherWords<Text[Name]> };
