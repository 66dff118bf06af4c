// Every limit on what comes in, in one place: its name, unit, default, and the setting that changes it. Answers that
// refuse something name the limit and the setting through `limitText`. No I/O: config reads the settings' values.

interface LimitDeclaration {
  readonly value: number;
  readonly unit: string;
  /** The environment variable that changes it. */
  readonly setting: string;
  /** What it bounds, for people: docs/configuration.md is made of it. */
  readonly what: string;
}

export const limitDeclarations = {
  bodyBytesMax: {
    value: 5 * 1024 * 1024, unit: "bytes", setting: "TRIBUTARY_LIMIT_BODY_BYTES",
    what: "A body as it comes over the wire, compressed or not.",
  },
  inflatedBytesMax: {
    value: 20 * 1024 * 1024, unit: "bytes", setting: "TRIBUTARY_LIMIT_INFLATED_BYTES",
    what: "A body after decompression.",
  },
  eventBytesMax: {
    value: 500 * 1024, unit: "bytes", setting: "TRIBUTARY_LIMIT_EVENT_BYTES",
    what: "One event as sent; a larger one is kept and quarantined.",
  },
  batchEventsMax: {
    value: 2_500, unit: "events", setting: "TRIBUTARY_LIMIT_BATCH_EVENTS",
    what: "Events of one batch.",
  },
  keysPerBodyMax: {
    value: 20, unit: "write keys", setting: "TRIBUTARY_LIMIT_KEYS_PER_BODY",
    what: "Different write keys within the events of one batch.",
  },
  nestingMax: {
    value: 64, unit: "levels", setting: "TRIBUTARY_LIMIT_NESTING",
    what: "Objects and arrays within each other, the event itself being the first; a deeper event is kept and quarantined.",
  },
  propertiesMax: {
    value: 2_000, unit: "properties", setting: "TRIBUTARY_LIMIT_PROPERTIES",
    what: "Properties or traits of one event, over all levels; in the items of a list each name counts once. An event with more is kept and quarantined.",
  },
  nameCharactersMax: {
    value: 512, unit: "characters", setting: "TRIBUTARY_LIMIT_NAME_CHARACTERS",
    what: "The name of an event, property or trait; an event with a longer one is kept and quarantined.",
  },
  bytesInFlightMax: {
    value: 256 * 1024 * 1024, unit: "bytes", setting: "TRIBUTARY_LIMIT_BYTES_IN_FLIGHT",
    what: "Bodies being read, inflated or appended at once, all requests together, and an eighth of it from one address; beyond it senders are told to wait.",
  },
  bodyTimeoutMs: {
    value: 30_000, unit: "milliseconds", setting: "TRIBUTARY_LIMIT_BODY_TIMEOUT_MS",
    what: "From a request's headers to the end of its body.",
  },
  headerBytesMax: {
    value: 32 * 1024, unit: "bytes", setting: "TRIBUTARY_LIMIT_HEADER_BYTES",
    what: "The headers of a request.",
  },
  connectionsMax: {
    value: 20_000, unit: "connections", setting: "TRIBUTARY_LIMIT_CONNECTIONS",
    what: "Connections at once to the port.",
  },
} as const satisfies Record<string, LimitDeclaration>;

/**
 * Property paths of one workspace that stand in the event table's JSON column, first come; what is beyond stays in the payload
 * as received. No setting: parts hold the paths of all workspaces, and thousands of one would slow every other.
 */
export const KNOWN_PATHS_MAX = 2_000;

export type LimitName = keyof typeof limitDeclarations;
export type Limits = Readonly<Record<LimitName, number>>;

/** The defaults, with some of them changed; numbers must be positive integers (config checks that). */
export function limitsWith(changes: Partial<Limits>): Limits {
  return { ...defaultLimits, ...changes };
}

export const defaultLimits: Limits = {
  bodyBytesMax: limitDeclarations.bodyBytesMax.value,
  inflatedBytesMax: limitDeclarations.inflatedBytesMax.value,
  eventBytesMax: limitDeclarations.eventBytesMax.value,
  batchEventsMax: limitDeclarations.batchEventsMax.value,
  keysPerBodyMax: limitDeclarations.keysPerBodyMax.value,
  nestingMax: limitDeclarations.nestingMax.value,
  propertiesMax: limitDeclarations.propertiesMax.value,
  nameCharactersMax: limitDeclarations.nameCharactersMax.value,
  bytesInFlightMax: limitDeclarations.bytesInFlightMax.value,
  bodyTimeoutMs: limitDeclarations.bodyTimeoutMs.value,
  headerBytesMax: limitDeclarations.headerBytesMax.value,
  connectionsMax: limitDeclarations.connectionsMax.value,
};

/** For people: "The limit is 2500 events (setting TRIBUTARY_LIMIT_BATCH_EVENTS)." */
export function limitText(name: LimitName, limits: Limits): string {
  const { unit, setting } = limitDeclarations[name];
  return `The limit is ${limits[name]} ${unit} (setting ${setting}).`;
}
