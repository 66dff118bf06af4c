// For tests: what somebody might fill into the forms of any destination of the catalog, made of its fields alone, and one event for it as its first
// preset or its fields' defaults map it. What has no default and is needed is filled in by its type, its choices and what it is called.
import { isRecord } from "@tributary/schema/is-record.ts";
import { checkFields, holds, type FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { DestinationDefinition, Field, Preset } from "@tributary/schema/destination/definition.ts";
import { map } from "@tributary/schema/destination/map.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { AudienceAtVendor, Connection, SendRequest } from "../destination.ts";
import { appKeys } from "../oauth/app-settings.ts";
import { identifyOf, membershipOf, orderOf } from "./testing-contract.ts";

type Values = Record<string, unknown>;

/** The audience that events of memberships are about. */
const AUDIENCE = { key: "at_risk", id: 3, name: "At risk", externalId: "101" };

/** Slug → what has to look as it does at the vendor, which no form tells in a way that could be read. */
const beside: Readonly<Record<string, { readonly settings?: Values; readonly payload?: Values }>> = {
  "adjust": { payload: { app_token: "token-1", event_token: "token-2" } },
  "google-analytics-4": { settings: { measurementId: "G-12345" } },
  "hubspot": { payload: { eventName: "pe123_order_completed" } },
  "salesforce": { settings: { instanceUrl: "https://acme.my.salesforce.com" } },
  "slack": { payload: { url: "https://hooks.slack.com/services/T0/B0/secret" } },
  "zapier": { payload: { zapSubscriptionUrl: "https://hooks.zapier.com/hooks/catch/1/a/" } },
};

/** Valid wherever that can be told from what the form shows. */
export function sampleSettings({ slug, settings }: DestinationDefinition): Values {
  return { ...filled(settings, { ...beside[slug]?.settings }), [appKeys.clientId]: "client-1", [appKeys.clientSecret]: "client-secret-1" };
}

/** One event for the first preset, or where there is none for the first action; and what our own check says of its payload. Undefined: it has no action. */
export function sampleRequest(definition: DestinationDefinition, connection: Connection): { readonly request: SendRequest; readonly problems: readonly FieldProblem[] } | undefined {
  const preset = definition.presets.find(({ action, trigger }) => trigger === "events" && isShown(definition, action)) ?? definition.presets.find(({ action }) => isShown(definition, action));
  const action = definition.actions.find(({ key }) => key === preset?.action) ?? definition.actions.find(({ isHidden }) => !isHidden) ?? definition.actions[0];
  if (action === undefined) return undefined;
  const audience = definition.audience && { ...AUDIENCE, settings: filled(definition.audience.settings, {}) };
  const event = eventFor(preset, audience);
  const defaults = Object.fromEntries(action.fields.flatMap((field) => (field.default === undefined ? [] : [[field.key, field.default]])));
  // Templates in Liquid are none of our directives: what they would fill is filled in here.
  const suggested = Object.entries({ ...defaults, ...preset?.mapping }).filter(([, value]) => !JSON.stringify(value).includes('"@liquid"'));
  const mapped = map(Object.fromEntries(suggested) as Mapping, event); // JSON, as the package has it.
  if (!mapped.isGood) throw new Error(`${definition.slug}: ${JSON.stringify(mapped)}`);
  const syncMode = action.syncModes?.default;
  const payload = filled(action.fields, { ...mapped.payload, ...beside[definition.slug]?.payload }, syncMode);
  return {
    request: {
      connection, subscription: { id: 1, version: 1, action: action.key, syncMode }, ...(audience === undefined ? {} : { audience }),
      items: [{ event, payload, idempotencyKey: event.messageId }],
    },
    problems: checkFields(action.fields, payload, { syncMode }),
  };
}

const isShown = ({ actions }: DestinationDefinition, key: string): boolean => actions.some((one) => one.key === key && !one.isHidden);

function eventFor(preset: Preset | undefined, audience: AudienceAtVendor | undefined): OutgoingEvent {
  if (preset?.trigger.startsWith("audience") === true || (preset === undefined && audience !== undefined)) {
    const { context, ...event } = membershipOf(1, AUDIENCE.key, true);
    const personas = { computation_class: "audience", computation_key: AUDIENCE.key, computation_id: String(AUDIENCE.id), external_audience_id: AUDIENCE.externalId, audience_settings: audience?.settings ?? {} };
    return { ...event, context: { ...context, personas } };
  }
  const types: unknown = isRecord(preset?.filter) ? preset.filter["types"] : undefined;
  const [type] = Array.isArray(types) ? (types as readonly OutgoingEvent["type"][]) : [];
  switch (type) {
    case undefined: case "track": return orderOf(1);
    case "identify": return identifyOf(1);
    case "group": return { ...identifyOf(1), type, groupId: "g-1" };
    default: return { ...orderOf(1), type, name: "Thanks", properties: { ...orderOf(1).properties, url: "https://shop.example.com/thanks", path: "/thanks", title: "Thanks" } };
  }
}

/** What is there stays; what is needed and missing is made. */
function filled(fields: readonly Field[], given: Values, syncMode?: NonNullable<SendRequest["subscription"]["syncMode"]>): Values {
  const values = { ...given };
  // One may ask for another that stands before it.
  for (let round = 0; round < 2; round++) {
    for (const field of fields) {
      const here = values[field.key];
      const isMissing = here === undefined || here === null || here === "" || (Array.isArray(here) && here.length === 0);
      if (!isMissing) {
        if (field.type === "object" && isRecord(here)) values[field.key] = filled(field.properties ?? [], here);
        continue;
      }
      const isNeeded = field.required === true || (field.required !== false && holds(field.required, values, { syncMode }) === true);
      const isOpen = field.dependsOn === undefined || holds(field.dependsOn, values, { syncMode }) === true;
      if (isNeeded && isOpen) values[field.key] = field.isMultiple ? [sampleOf(field)] : sampleOf(field);
    }
  }
  return values;
}

function sampleOf(field: Field): unknown {
  const { default: given, choices = [] } = field;
  const isValue = given !== undefined && given !== "" && !(isRecord(given) && Object.keys(given).some((key) => key.startsWith("@")));
  if (isValue && (choices.length === 0 || choices.some(({ value }) => value === given))) return given;
  const [choice] = choices;
  if (choice !== undefined) return choice.value;
  switch (field.type) {
    case "boolean": return true;
    case "number": case "integer": return Math.max(field.minimum ?? 1, 1);
    case "datetime": return "2026-11-20T10:00:00.000Z";
    case "object": return filled(field.properties ?? [], {});
    default: return sampleText(`${field.key} ${field.label}`.toLowerCase());
  }
}

function sampleText(name: string): string {
  if (/url|uri|endpoint|domain|host|base/.test(name)) return "https://vendor.example.com";
  if (/mail/.test(name)) return "ada1@example.com";
  if (/phone/.test(name)) return "+12025550143";
  return "12345";
}
