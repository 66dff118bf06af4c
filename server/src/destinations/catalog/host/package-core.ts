// Segment's core in this thread, with its two seams taken over: how it reaches the network, and how a mapping becomes a payload. The
// payloads that it is handed are finished, so its own mapping language never runs.
import type { PackageDefinition } from "../package-shapes.ts";
import { loadCore, packageFolders } from "../definitions/load-package.ts";
import { replaceFetch, type FetchModule } from "./fetch.ts";
import type { ItemStatus } from "./outcome.ts";

/** What a destination is handed with every call. */
export interface Bundle {
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly auth: object | undefined;
  readonly features: Readonly<Record<string, boolean>>;
  readonly statsContext: object;
  readonly logger: object;
  readonly stateContext: object;
  readonly transactionContext: object;
  readonly subscriptionMetadata: object;
  readonly signal: AbortSignal;
}

export interface PackageDestination {
  readonly definition: PackageDefinition;
  readonly responses: unknown[];
  validateSettings(settings: object): void;
  executeAction(action: string, input: Bundle & { readonly event: object }): Promise<unknown>;
  executeBatch(action: string, input: Bundle & { readonly events: readonly object[] }): Promise<readonly (ItemStatus | undefined)[]>;
  executeDynamicField(action: string, field: string, data: object): Promise<unknown>;
}

export interface PackageCore {
  readonly Destination: new (definition: PackageDefinition) => PackageDestination;
  readonly createRequestClient: (...options: readonly object[]) => unknown;
}

interface MappingKit {
  transform: (mapping: unknown, event: object, stats?: unknown) => unknown;
  transformBatch: (mapping: unknown, events: readonly object[], stats?: unknown) => unknown[];
}

/** Event as handed over → the payload that was made of it. */
export const payloads = new WeakMap<object, Readonly<Record<string, unknown>>>();

export function openCore(requestTimeoutMs: number): PackageCore {
  const folders = packageFolders();
  if (!folders) throw new Error("The package @segment/action-destinations is not installed.");
  // The shapes are those of the pinned versions; definitions.test.ts and the contracts fail when they change.
  replaceFetch(loadCore(folders, "fetch.js") as FetchModule, requestTimeoutMs);
  const kit = loadCore(folders, "mapping-kit/index.js") as MappingKit;
  kit.transform = (_mapping, event) => structuredClone(payloadOf(event));
  kit.transformBatch = (_mapping, events) => events.map((event) => structuredClone(payloadOf(event)));
  return loadCore(folders, "index.js") as PackageCore;
}

function payloadOf(event: object): Readonly<Record<string, unknown>> {
  const payload = payloads.get(event);
  if (!payload) throw new Error("An event without a payload was handed over.");
  return payload;
}
