// A destination of Segment's catalog as a definition of ours: the same shape as our own have, so that forms, mappings and checks
// know no difference. Runs in a thread of its own, where the package is loaded.
import { destinationDefinition, syncModes, type Action, type DestinationDefinition, type Field } from "@tributary/schema/destination/definition.ts";
import type { PackageAction, PackageDefinition } from "../package-shapes.ts";
import { own } from "../own-marks.ts";
import { appFields } from "../../oauth/app-settings.ts";
import { categories } from "./categories.ts";
import { convertFields } from "./convert-field.ts";
import { ourPresets } from "./our-presets.ts";
import { convertPreset, type FilterNode } from "./convert-preset.ts";
import { availabilityOf, contractTested, environmentSettings, optInKeys, traps } from "./labels.ts";

/** What an action takes whose author names no number. */
const BATCH_SIZE = 1_000;
/** Above it a batch is more work to hold than it saves. */
const BATCH_SIZE_MAX = 10_000;
const BATCH_BYTES = 4_000_000;

export function convertDefinition(slug: string, definition: PackageDefinition, parseFilter: (text: string) => FilterNode): DestinationDefinition {
  const availability = availabilityOf(slug);
  // What can't be used is listed with its reason, and needs no forms.
  const isHidden = availability.kind === "hidden";
  const actions = isHidden ? [] : Object.entries(definition.actions).map(([key, action]) => convertAction(slug, key, action));
  return destinationDefinition.parse({
    slug,
    name: nameOf(definition.name),
    description: own.text(definition.description ?? ""),
    category: categories.get(slug) ?? "other",
    origin: "catalog",
    availability,
    notes: traps[slug] ?? [],
    proof: contractTested.includes(slug) ? "contract" : "loads",
    authentication: authenticationOf(definition.authentication?.scheme),
    settings: [...settingFields(definition), ...environmentSettings(slug), ...(isHidden ? [] : appFields(slug))],
    actions,
    presets: (definition.presets ?? []).map((preset, at) => {
      const fields = definition.actions[preset.partnerAction]?.fields;
      return convertPreset(preset, at, fields ?? {}, parseFilter);
    }).concat(ourPresets(slug)).filter((preset) => actions.some((one) => one.key === preset.action)),
    ...(definition.audienceConfig
      ? { audience: { settings: convertFields(definition.audienceFields), isCreated: definition.audienceConfig.createAudience !== undefined } } : {}),
    canTest: definition.authentication?.testAuthentication !== undefined,
    canForget: definition.onDelete !== undefined,
  });
}

/** How Segment tells its ways of sending apart is not part of a vendor's name. */
const nameOf = (name: string): string => name.replace(/\s*(?:Cloud Mode )?\(Actions\)$/i, "").trim();

function authenticationOf(scheme: string | undefined): DestinationDefinition["authentication"] {
  if (scheme === "oauth2" || scheme === "oauth-managed") return "oauth2";
  if (scheme === "basic") return "basic";
  return scheme === undefined || scheme === "none" ? "none" : "key";
}

/** What the package keeps for itself there is not for people. */
function settingFields({ authentication }: PackageDefinition): Field[] {
  return convertFields(authentication?.fields).map((field) => field.key === "dynamicAuthSettings" ? { ...field, isHidden: true } : field);
}

function convertAction(slug: string, key: string, action: PackageAction): Action {
  return {
    key,
    name: action.title,
    description: own.text(action.description ?? ""),
    fields: convertFields(action.fields).map((field) => withOptInKeys(slug, key, field)),
    ...(action.performBatch ? { batch: batchOf(action) } : {}),
    ...(action.syncMode ? { syncModes: { choices: action.syncMode.choices.map((one) => syncModeOf(one.value)), default: syncModeOf(action.syncMode.default) } } : {}),
    ...(optsIn.test(key) || optsIn.test(action.title) ? { optsIn: true } : {}),
    isHidden: action.hidden ?? false,
  };
}

const optsIn = /^(re)?subscribe|^unsuppress/i;

function withOptInKeys(slug: string, action: string, field: Field): Field {
  const known = optInKeys[slug];
  return known === undefined || field.key !== known.field || !known.actions.includes(action) ? field : { ...field, optInKeys: [...known.keys] };
}

function batchOf({ fields }: PackageAction): Action["batch"] {
  const keys = fields["batch_keys"]?.default;
  return {
    sizeMax: Math.min(positive(fields["batch_size"]?.default) ?? BATCH_SIZE, BATCH_SIZE_MAX),
    bytesMax: positive(fields["batch_bytes"]?.default) ?? BATCH_BYTES,
    keys: Array.isArray(keys) ? keys.map(String) : [],
  };
}

const positive = (value: unknown): number | undefined => typeof value === "number" && value >= 1 ? Math.floor(value) : undefined;

function syncModeOf(value: string) {
  const mode = syncModes.find((one) => one === value);
  if (!mode) throw new Error(`${value} is no mode of synchronizing.`);
  return mode;
}
