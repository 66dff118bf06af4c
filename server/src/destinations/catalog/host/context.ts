// What Segment's own service hands to destinations besides the event, made of what we have: who the audience is, a memory for a while,
// counters that count nothing.
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { AudienceAtVendor, Connection } from "../../destination.ts";

const nothing = (): undefined => undefined;

/** Some destinations break where it is missing. */
export const statsContext = {
  statsClient: { observe: nothing, _name: (name: string) => name, _tags: (tags?: string[]) => tags ?? [], incr: nothing, set: nothing, histogram: nothing },
  tags: [],
};

/** What destinations log holds people's data, and goes nowhere. */
export const silentLogger = {
  level: "silent", name: "", debug: nothing, info: nothing, warn: nothing, error: nothing, crit: nothing, log: nothing, withTags: nothing,
};

export function transactionContext(): object {
  const transaction: Record<string, string> = {};
  return {
    transaction,
    setTransaction: (key: string, value: string): void => {
      transaction[key] = value;
    },
  };
}

const ENTRIES_MAX = 10_000;
const kept = new Map<string, { readonly value: string; readonly untilMs: number }>();

interface Ttl {
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
}

/** Kept in this thread alone: what is lost with it is asked again. */
export function stateContext(connection: Connection): object {
  const own = (key: string): string => `${connection.workspaceId}/${connection.destinationId}/${connection.version}/${key}`;
  return {
    getRequestContext: (key: string, then?: (value?: string) => unknown): unknown => {
      const found = kept.get(own(key));
      const value = found && found.untilMs > Date.now() ? found.value : undefined;
      return then ? then(value) : value;
    },
    setResponseContext: (key: string, value: string, { hour = 0, minute = 0, second = 0 }: Ttl): void => {
      const [oldest] = kept.keys();
      if (kept.size >= ENTRIES_MAX && oldest !== undefined) kept.delete(oldest);
      kept.set(own(key), { value, untilMs: Date.now() + ((hour * 60 + minute) * 60 + second) * 1_000 });
    },
  };
}

/** How the package knows the audience that somebody came into, or left. */
export function personasOf(audience: Omit<AudienceAtVendor, "externalId"> & Partial<AudienceAtVendor>, workspaceId: number): Record<string, unknown> {
  return {
    computation_class: "audience", computation_key: audience.key, computation_id: String(audience.id), namespace: `workspace-${workspaceId}`, space_id: String(workspaceId),
    ...(audience.externalId === undefined ? {} : { external_audience_id: audience.externalId }),
    audience_settings: audience.settings,
  };
}

/** The event with the audience in its context, as far as it doesn't say it itself. */
export function eventFor(event: OutgoingEvent, audience: AudienceAtVendor | undefined, workspaceId: number): Record<string, unknown> {
  if (!audience) return { ...event };
  const said = event.context["personas"];
  return { ...event, context: { ...event.context, personas: { ...personasOf(audience, workspaceId), ...(typeof said === "object" ? said : {}) } } };
}
