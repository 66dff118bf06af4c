// The sections of the settings, in the order of their navigation. One more is a line here, a route below /settings in
// app/router.tsx and its name in texts/. Who lacks the scope is not shown it, and the API refuses them all the same.
import { IconBell, IconBuildingStore, IconHeadset, IconGitMerge, IconKey, IconRuler2, IconUserCircle, IconUsersGroup, IconVocabulary, type Icon } from "@tabler/icons-react";
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import { texts } from "../../texts/texts.ts";
import { may, type Session } from "../accounts/session.ts";

interface Section {
  readonly path: `/settings/${string}`;
  readonly text: string;
  readonly Icon: Icon;
  /** Without one, everybody may open it. */
  readonly scope?: Scope;
}

const t = texts.settings;

export const settingsSections = [
  { path: "/settings/account", text: t.account, Icon: IconUserCircle },
  { path: "/settings/members", text: t.members, Icon: IconUsersGroup, scope: "admin" },
  { path: "/settings/identity", text: t.identity, Icon: IconGitMerge, scope: "personal_data" },
  { path: "/settings/workspace", text: t.workspace, Icon: IconBuildingStore },
  { path: "/settings/problems", text: t.problems, Icon: IconHeadset },
  { path: "/settings/alerts", text: t.alerts, Icon: IconBell },
  { path: "/settings/vocabulary", text: t.vocabulary, Icon: IconVocabulary },
  { path: "/settings/tokens", text: t.tokens, Icon: IconKey, scope: "admin" },
  { path: "/settings/limits", text: t.limits, Icon: IconRuler2 },
] as const satisfies readonly Section[];

export type SettingsSection = (typeof settingsSections)[number];

export function sectionsFor(session: Session): readonly SettingsSection[] {
  return settingsSections.filter((section: Section) => section.scope === undefined || may(session, section.scope));
}
