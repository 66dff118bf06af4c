// The rows of a model, for one subscription: first those that the model has when it is switched on, then every row that a run found added,
// changed or removed. Both are rows of the log of changes, so each has a number by which it is found again.
import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { ModelTrigger } from "@tributary/schema/destination/subscription.ts";
import { ROW_CHANGES, rowEvent, rowIdentifier, takesRow, type RowIdentifier } from "../destinations/destinations.ts";
import { readModelChanges, readModelChangesAgain, readModelRows, readModelStandings, type ModelChange } from "../models/models.ts";
import { ENDED, type Feed, type FeedOptions, type Piece } from "./feed.ts";
import { readPeople, type DeliveryPerson } from "./people.ts";
import { itemJob, type DeliveryJob, type Picked, type Unsent } from "./pick.ts";
import type { Count } from "./store.ts";
import type { Subscription } from "./target.ts";

export interface ModelFeedOptions extends FeedOptions {
  readonly clickhouse: ClickHouseClient;
  readonly findProfiles: FindProfiles;
}

/** "namespace:value" as given → id under which the person is stored, who may be merged or suppressed by now. Nobody: left out. */
export type FindProfiles = (workspaceId: number, identifiers: readonly RowIdentifier[]) => Promise<ReadonlyMap<string, string>>;


/** The live feed stands still until the first rows are through, so that nothing is removed before it was added. */
export function modelFeeds(options: ModelFeedOptions, subscription: Subscription): readonly Feed[] {
  const { trigger } = subscription.definition;
  const { model } = subscription;
  if (trigger.kind !== "model" || model === undefined) return [];
  const { target, clickhouse, limits } = options;
  const reading = { clickhouse, workspaceId: target.connection.workspaceId, modelId: model.id };
  const shared: { isFilled: boolean; liveFrom: number | undefined } = { isFilled: false, liveFrom: undefined };
  const streams = { live: `model ${subscription.id}`, first: `rows ${subscription.id}` } as const;

  /** Changes until there are in force. */
  const lastSeq = async (): Promise<number> => (await readModelStandings(options.pool, [model.id])).get(model.id)?.lastSeq ?? 0;
  const picked = (changes: readonly ModelChange[], stream: Feed["stream"]): Promise<Picked> => pickRows(changes, { ...options, stream, subscription, trigger, model });
  const again = (stream: Feed["stream"]) => async (_: Subscription, seqs: readonly number[]): Promise<Picked> =>
    picked(await readModelChangesAgain(reading, { untilSeq: await lastSeq(), seqs }), stream);

  const live: Feed = {
    stream: streams.live,
    begin: async () => (await lastSeq()) + 1,
    async next(fromSeq): Promise<Piece | undefined> {
      shared.liveFrom = fromSeq;
      const untilSeq = shared.isFilled ? await lastSeq() : 0;
      if (untilSeq < fromSeq) return undefined;
      const changes = await readModelChanges(reading, { afterSeq: fromSeq - 1, untilSeq, limit: limits.sliceRows });
      return { ...(await picked(changes, streams.live)), nextBlock: changes.length < limits.sliceRows ? untilSeq + 1 : (changes.at(-1)?.seq ?? untilSeq) + 1 };
    },
    again: again(streams.live),
  };
  const first: Feed = {
    stream: streams.first,
    begin: () => Promise.resolve(trigger.backfill && takesRow(trigger, "added") ? 0 : ENDED),
    async next(fromSeq, keptSeq): Promise<Piece | undefined> {
      shared.isFilled = keptSeq === ENDED;
      if (fromSeq === ENDED || shared.liveFrom === undefined) return undefined;
      const rows = await readModelRows(reading, { atSeq: shared.liveFrom - 1, afterSeq: fromSeq, limit: limits.sliceRows });
      return { ...(await picked(rows, streams.first)), nextBlock: rows.length < limits.sliceRows ? ENDED : (rows.at(-1)?.seq ?? ENDED) };
    },
    again: again(streams.first),
  };
  return [live, first];
}

interface PickRowsOptions extends ModelFeedOptions {
  readonly stream: Feed["stream"];
  readonly subscription: Subscription;
  readonly trigger: ModelTrigger;
  readonly model: NonNullable<Subscription["model"]>;
}

interface About {
  readonly change: ModelChange;
  readonly identifier: RowIdentifier | undefined;
  readonly person: DeliveryPerson | undefined;
}

async function pickRows(changes: readonly ModelChange[], options: PickRowsOptions): Promise<Picked> {
  const { subscription } = options;
  const counts = new Map<string, number>();
  const jobs: DeliveryJob[] = [];
  const unsent: Unsent[] = [];
  const isGrantedByDefault = changes.length > 0 && (await options.isGrantedByDefault(options.target.connection.workspaceId));
  for (const about of await withPeople(changes, options)) {
    const reason = filterReason(about, isGrantedByDefault, options);
    if (reason !== undefined) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      continue;
    }
    const made = jobOf(about, options);
    if ("outcome" in made) unsent.push(made);
    else jobs.push(made);
  }
  return { jobs, unsent, filtered: [...counts].map(([reason, count]): Count => ({ subscriptionId: subscription.id, outcome: "filtered", reason, count })) };
}

async function withPeople(changes: readonly ModelChange[], { model, target, pool, findProfiles }: PickRowsOptions): Promise<readonly About[]> {
  const { workspaceId } = target.connection;
  const read = changes.map((change) => ({ change, identifier: rowIdentifier(change.row, model.person) }));
  const identifiers = read.flatMap(({ identifier }) => identifier ?? []);
  if (identifiers.length === 0) return read.map((one) => ({ ...one, person: undefined }));
  const profiles = await findProfiles(workspaceId, identifiers);
  const people = await readPeople(pool, workspaceId, [...new Set(profiles.values())]);
  return read.map((one) => ({ ...one, person: one.identifier && people.get(profiles.get(textOf(one.identifier)) ?? "") }));
}

function textOf({ namespace, value }: RowIdentifier): string {
  return `${namespace}:${value}`;
}

/** A row that is gone is told whoever it is about: it sends nobody anything. */
function filterReason({ change, identifier, person }: About, isGrantedByDefault: boolean, { subscription, trigger, target, stream, model }: PickRowsOptions): string | undefined {
  const kind = stream.startsWith("rows ") ? "added" : change.change;
  if (!takesRow(trigger, kind)) return "not_asked";
  const { testPeople } = target;
  if (testPeople !== undefined && !testPeople.some((one) => person?.identifiers.has(one) || (identifier !== undefined && one === textOf(identifier)))) return "test_people";
  if (kind === "removed") return undefined;
  if (person?.isSuppressed === true) return "suppressed";
  // Rows that are about nobody have nobody's consent to ask for; of somebody who is not known nothing is known.
  if (model.person !== undefined && subscription.definition.consent.some((category) => !(person?.consents[category] ?? isGrantedByDefault))) return "consent";
  return undefined;
}

function jobOf({ change, identifier, person }: About, options: PickRowsOptions): DeliveryJob | Unsent {
  const { subscription, stream, model, definition } = options;
  const kind = stream.startsWith("rows ") ? "added" : change.change;
  const rowId = idOfRow(model.id, change.keyText);
  const event = rowEvent(
    { messageId: `model-${subscription.id}-${change.seq}`, change: kind, row: change.row, before: kind === "changed" ? change.before : undefined, atMs: change.atMs },
    person?.isSuppressed === true ? undefined : person?.person, { model, identifier, identifiers: subscription.definition.identifiers },
  );
  const modes = definition.actions.find(({ key }) => key === subscription.definition.action)?.syncModes?.choices;
  return itemJob(
    {
      stream, subscription, position: change.seq, profileId: rowId, personId: person?.profileId, eventName: ROW_CHANGES[kind], happenedAtMs: change.atMs, receivedAtMs: change.atMs,
      bytes: change.bytes, isState: true, row: { key: `${model.slug} ${change.keyText}`, isRemoved: kind === "removed" },
      // What keeps rows and can take them away is asked to.
      ...(kind === "removed" && modes?.includes("delete") === true ? { syncMode: "delete" as const } : {}),
    }, event, options,
  );
}

/** Of a row, whatever becomes of it: its changes are sent one after another. A UUID made of a hash (RFC 9562, version 8). */
export function idOfRow(modelId: number, key: string): string {
  const hash = createHash("sha256").update(`row ${modelId} ${key}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
