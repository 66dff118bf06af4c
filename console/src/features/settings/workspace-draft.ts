// What somebody is changing in the workspace's settings, as the fields of the form hold it. Pure.
import { KEEP_DAYS_MIN, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.workspace;

export interface Draft {
  /** Empty: none. */
  readonly phoneCountry: string;
  readonly consentWhenAbsent: WorkspaceSettings["consentWhenAbsent"];
  /** One a line. */
  readonly internalIps: string;
  readonly keepDays: number | null;
}

export function draftOf(settings: WorkspaceSettings): Draft {
  return {
    phoneCountry: settings.phoneCountry ?? "", consentWhenAbsent: settings.consentWhenAbsent, internalIps: settings.internalIps.join("\n"),
    keepDays: settings.events.keepDays,
  };
}

/** The settings with what the draft says; all else stays as it is. */
export function changedSettings(settings: WorkspaceSettings, draft: Draft): WorkspaceSettings {
  const { phoneCountry: _, ...rest } = settings;
  return {
    ...rest,
    ...(draft.phoneCountry === "" ? {} : { phoneCountry: draft.phoneCountry }),
    consentWhenAbsent: draft.consentWhenAbsent,
    internalIps: draft.internalIps.split(/\s+/).filter((line) => line !== ""),
    events: { ...settings.events, keepDays: draft.keepDays },
  };
}

export function isChanged(draft: Draft, settings: WorkspaceSettings): boolean {
  const before = draftOf(settings);
  return (Object.keys(before) as (keyof Draft)[]).some((name) => draft[name] !== before[name]);
}

/** Field → what is wrong with it. */
export function wrongIn(draft: Draft): { readonly phoneCountry?: string; readonly keepDays?: string } {
  const isDays = draft.keepDays === null || (Number.isInteger(draft.keepDays) && draft.keepDays >= KEEP_DAYS_MIN && draft.keepDays <= 36_500);
  return {
    ...(/^([A-Z]{2})?$/.test(draft.phoneCountry) ? {} : { phoneCountry: t.phoneCountryWrong }),
    ...(isDays ? {} : { keepDays: t.keepWrong }),
  };
}
