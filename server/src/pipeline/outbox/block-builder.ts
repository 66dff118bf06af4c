// Encodes what a batch decided into finished blocks for ClickHouse: one row per event received, whatever became of it;
// a snapshot of each person of whom something changed that audiences ask for; an override for each person merged away.
import type { EventsHeader, ControlHeader, SuppressedEvent } from "@tributary/schema/log-record.ts";
import { NOBODY } from "../../core/nobody.ts";
import { referenceKey } from "../../core/reference-key.ts";
import { RowBinaryWriter } from "../../engines/clickhouse/row-binary.ts";
import { acceptableJson } from "../acceptable-row.ts";
import { emptyDocument, sinceOf, zoneOf } from "../../profiles/fold.ts";
import { outcomeOf, reasonOf, type Batch, type BatchEvent } from "../batch.ts";
import type { LedgerCount } from "../commit.ts";
import { noContext, type ContextColumns, type EventIdentifier, type NormalisedEvent } from "../event.ts";
import { inStretches } from "../in-stretches.ts";
import { KnownPaths } from "../known-paths.ts";
import type { RuleBook } from "../workspace-rules.ts";
import type { Person, World } from "../world.ts";
import { BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, takeRows, type InsertBlock, type OutboxBlock } from "./outbox-block.ts";
import { eventColumns, insertStatement, overrideColumns, profileColumns } from "./table-columns.ts";

const UUID_BYTES = 16;
/** Block numbers of one partition; the partition stands above them. */
const BLOCKS_PER_PARTITION = 2 ** 40;

/** The id of a partition's block with this number. */
export function blockIdOf(partition: number, number: number): number {
  return partition * BLOCKS_PER_PARTITION + number;
}

const eventStatement = insertStatement("events", eventColumns);
const overrideStatement = insertStatement("profile_override", overrideColumns);
const profileStatement = insertStatement("profiles", profileColumns);

export interface BlockBuilder {
  readonly partition: number;
  /** The number that the next block after these gets; committed with the offset. */
  readonly nextBlock: number;
  /** The id that goes with it. */
  readonly nextBlockId: number;
  addEvents(batch: Batch, rules: RuleBook, counts: CountsOf): Promise<void>;
  addControl(header: ControlHeader, rowId: number, profileId: string): void;
  /** Overrides for those merged away, snapshots for those changed. */
  addPeople(world: World, nowMs: number): Promise<void>;
  addOverride(workspaceId: number, profileId: string, survivorId: string, rowId: number): void;
  /** A person who is gone: nobody answers under this id. */
  addDeletedPerson(workspaceId: number, profileId: string, rowId: number, atMs: number): void;
  addStatement(table: string, statement: string): void;
  finish(): readonly OutboxBlock[];
}

type CountsOf = (items: readonly BatchEvent[]) => readonly LedgerCount[];

/** Writers that have grown to the size of a batch's blocks: a fresh one would grow, and be thrown away, for every block. */
const spareWriters: RowBinaryWriter[] = [];
const SPARE_WRITERS_MAX = 6;
const SPARE_BYTES_MAX = 32 * 1024 * 1024;

function giveBack(writer: RowBinaryWriter): void {
  if (spareWriters.length >= SPARE_WRITERS_MAX || writer.length > SPARE_BYTES_MAX) return;
  writer.truncate(0);
  spareWriters.push(writer);
}

interface OpenBlock {
  readonly blockId: number;
  readonly table: string;
  readonly month: number;
  readonly statement: string;
  readonly writer: RowBinaryWriter;
  readonly rowEnds: number[];
  readonly items: BatchEvent[];
  readonly counts: LedgerCount[];
}

/** `storedBelowRow`: events before this position stand in the event table already, as in a rebuild; no rows are made for them. */
export function createBlockBuilder(partition: number, firstBlock: number, storedBelowRow = 0): BlockBuilder {
  let nextBlock = firstBlock;
  const open = new Map<string, OpenBlock>();
  const done: OutboxBlock[] = [];
  let countsOf: CountsOf = () => [];

  function blockFor(table: string, statement: string, month: number): OpenBlock {
    const key = `${table} ${month}`;
    const current = open.get(key);
    if (current && current.rowEnds.length < BLOCK_ROWS_MAX && current.writer.length < BLOCK_BYTES_MAX) return current;
    if (current) close(current);
    const block: OpenBlock = {
      blockId: blockIdOf(partition, nextBlock++), table, month, statement, writer: spareWriters.pop() ?? new RowBinaryWriter(),
      rowEnds: [], items: [], counts: [],
    };
    open.set(key, block);
    return block;
  }

  function close(block: OpenBlock): void {
    const insert: InsertBlock = {
      kind: "insert", blockId: block.blockId, partition, table: block.table, month: block.month, statement: block.statement,
      ...takeRows(block.writer, block.rowEnds), counts: [...countsOf(block.items), ...block.counts],
    };
    done.push(insert);
    giveBack(block.writer);
  }

  function addPerson(person: Person, nowMs: number): void {
    const block = blockFor("profiles", profileStatement, 0);
    const { state, doc } = person;
    const writer = block.writer;
    writer.uint32(person.workspaceId);
    writer.uuid(state.id);
    writer.uint64(person.updatedRow);
    writer.dateTime64(nowMs);
    writer.dateTime64(doc.events.firstAtMs);
    writer.uint8(state.suppressed ? 1 : 0);
    writer.uint8(state.identifiers.every(({ namespace }) => namespace.endsWith("anonymous_id")) ? 1 : 0);
    writer.stringArray(state.suppressed ? [] : state.identifiers.map(({ namespace, value }) => `${namespace}:${value}`));
    const shown = state.suppressed ? nothingShown : doc;
    writer.string(traitsText(shown.traits));
    writer.uint8Map(consentsOf(shown.consents));
    writer.stringArray(Object.keys(shown.accounts));
    writer.int64Map(traitTimes(shown.traits));
    writer.string(zoneOf(shown));
    writer.uint8(shown.isHuman === false ? 0 : 1);
    writer.uint64(block.blockId);
    writer.uint32(block.rowEnds.length);
    block.rowEnds.push(writer.length);
  }

  const builder: BlockBuilder = {
    partition,
    get nextBlock() {
      return nextBlock;
    },
    get nextBlockId() {
      return blockIdOf(partition, nextBlock);
    },
    async addEvents(batch, rules, counts) {
      countsOf = counts;
      await inStretches(batch.events, (item) => {
        batch.current = item.received.rowId;
        if (item.received.rowId < storedBelowRow) return;
        const { workspaceId } = item.received.header;
        const { paths, settings } = rules.of(workspaceId);
        const block = blockFor("events", eventStatement, monthOf(item.event?.timestampMs ?? item.received.header.receivedAtMs));
        writeEvent(block, item, { paths, references: settings.references });
        for (const path of paths.takeAdded()) batch.paths.push({ workspaceId, path, rowId: item.received.rowId });
        block.items.push(item);
      });
      batch.current = -1;
    },
    addControl(header, rowId, profileId) {
      if (rowId < storedBelowRow) return;
      const block = blockFor("events", eventStatement, monthOf(header.receivedAtMs));
      writeControl(block, header, partition, rowId, profileId);
      block.counts.push({
        workspaceId: header.workspaceId, sourceId: 0, minuteMs: Math.floor(header.receivedAtMs / 60_000) * 60_000, outcome: "control", reason: "", count: 1,
      });
    },
    async addPeople(world, nowMs) {
      for (const [loser] of world.changes.merged) {
        const survivor = world.final(loser);
        // Flattened: whoever was merged into the loser before is the survivor's too.
        for (const id of [loser, ...world.heldOrRemoved(loser).mergedIds]) {
          builder.addOverride(survivor.workspaceId, id, survivor.state.id, survivor.updatedRow);
        }
        builder.addDeletedPerson(survivor.workspaceId, loser, survivor.updatedRow, nowMs);
      }
      await inStretches(world.changes.snapshots, (person) => addPerson(person, nowMs));
    },
    addOverride(workspaceId, profileId, survivorId, rowId) {
      const block = blockFor("profile_override", overrideStatement, 0);
      const writer = block.writer;
      writer.uint32(workspaceId);
      writer.uuid(profileId);
      writer.uuid(survivorId);
      writer.uint64(rowId);
      writer.uint64(block.blockId);
      writer.uint32(block.rowEnds.length);
      block.rowEnds.push(writer.length);
    },
    addDeletedPerson(workspaceId, profileId, rowId, atMs) {
      const block = blockFor("profiles", profileStatement, 0);
      const writer = block.writer;
      writer.uint32(workspaceId);
      writer.uuid(profileId);
      writer.uint64(rowId);
      writer.dateTime64(atMs);
      writer.dateTime64(0);
      writer.uint8(1);
      writer.uint8(0);
      writer.stringArray([]);
      writer.string("{}");
      writer.uint8Map({});
      writer.stringArray([]);
      writer.int64Map([]);
      writer.string("");
      writer.uint8(0);
      writer.uint64(block.blockId);
      writer.uint32(block.rowEnds.length);
      block.rowEnds.push(writer.length);
    },
    addStatement(table, statement) {
      done.push({ kind: "statement", blockId: blockIdOf(partition, nextBlock++), partition, table, statement });
    },
    finish() {
      for (const block of open.values()) close(block);
      open.clear();
      return done.splice(0).sort((a, b) => a.blockId - b.blockId);
    },
  };
  return builder;
}

function monthOf(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}

const envelopes = new WeakMap<EventsHeader, string>();

/** The header as text; made once per record, for all its events. */
function envelopeOf(header: EventsHeader, indexInRecord: number): string {
  if (header.problems === undefined) {
    let text = envelopes.get(header);
    if (text === undefined) envelopes.set(header, (text = JSON.stringify(header)));
    return text;
  }
  const problem = header.problems[String(indexInRecord)];
  const { problems: _, ...rest } = header;
  return JSON.stringify(problem === undefined ? rest : { ...rest, problems: { 0: problem } });
}

/** Of an event of a suppressed person: by which salted keys it was recognised, for a rebuild, and nothing that it said. */
function suppressedEnvelope({ received, event, previous }: BatchEvent): string {
  const { kind, workspaceId, sourceId, receivedAtMs, importId, historical } = received.header;
  const header: EventsHeader = { kind, workspaceId, sourceId, receivedAtMs };
  if (importId !== undefined) header.importId = importId;
  if (historical !== undefined) header.historical = historical;
  if (event) {
    const keysOf = (list: readonly EventIdentifier[]): SuppressedEvent["previous"] => list.map(({ namespace, key }) => ({ namespace, key }));
    header.suppressed = {
      type: event.type, messageId: event.messageId, timestampMs: event.timestampMs, trust: event.trust,
      identifiers: keysOf(event.identifiers), previous: keysOf(previous),
    };
  }
  return JSON.stringify(header);
}

/** Keys of the properties that the workspace names as references; most events have none. */
function referenceKeys(properties: Readonly<Record<string, unknown>>, names: readonly string[]): readonly string[] {
  let keys: string[] | undefined;
  for (const name of names) {
    const key = Object.hasOwn(properties, name) ? referenceKey(properties[name]) : undefined;
    if (key !== undefined && !keys?.includes(key)) (keys ??= []).push(key);
  }
  return keys ?? noKeys;
}

const noKeys: readonly string[] = [];

interface EventRules {
  readonly paths: KnownPaths;
  readonly references: readonly string[];
}

function writeEvent(block: OpenBlock, item: BatchEvent, { paths, references }: EventRules): void {
  const { received, refusal } = item;
  // Nothing of what a suppressed person sends is kept, only that it came.
  const isSuppressed = refusal?.reason === "suppressed";
  const event = isSuppressed ? undefined : item.event;
  const header = received.header;
  const writer = block.writer;
  const context = event?.context ?? noContext;
  writer.uint32(header.workspaceId);
  writer.string(isSuppressed ? "" : item.known.event);
  writer.string(event?.type ?? "");
  writer.uuid(item.profileId === "" ? NOBODY : item.profileId);
  writer.repeat(UUID_BYTES);
  writer.dateTime64(event?.timestampMs ?? header.receivedAtMs);
  writer.dateTime64(header.receivedAtMs);
  writer.string(event?.timeNote ?? "");
  writer.uint32(header.sourceId);
  writer.string(item.known.messageId);
  writeIds(writer, event);
  writer.string(outcomeOf(item));
  writer.string(reasonOf(item));
  writer.string(event && !refusal ? acceptableJson(event.properties, paths) : "{}");
  writeContext(writer, context);
  writer.uint8(event?.isBot ? 1 : 0);
  writer.uint8(event?.isInternal ? 1 : 0);
  writer.uint8(header.historical ? 1 : 0);
  writer.uint32(header.importId ?? 0);
  writer.uint8Map(event?.consent ?? {});
  writer.uuidHeads(event ? event.identifiers.map(({ key }) => key) : []);
  writer.uuidHeads(event && !refusal ? referenceKeys(event.properties, references) : noKeys);
  writer.uint16(received.partition);
  writer.uint64(received.rowId);
  writer.uint64(block.blockId);
  writer.uint32(block.rowEnds.length);
  writer.string(isSuppressed ? suppressedEnvelope(item) : envelopeOf(header, received.indexInRecord));
  writer.string(isSuppressed ? "" : received.raw);
  block.rowEnds.push(writer.length);
}

function writeIds(writer: RowBinaryWriter, event: NormalisedEvent | undefined): void {
  writer.string(event?.userId ?? "");
  writer.string(event?.anonymousId ?? "");
  writer.string(event?.groupId ?? "");
}

function writeContext(writer: RowBinaryWriter, context: ContextColumns): void {
  writer.string(context.ip);
  writer.string(context.country);
  writer.string(context.locale);
  writer.string(context.timezone);
  writer.string(context.deviceType);
  writer.string(context.os);
  writer.string(context.browser);
  writer.string(context.pageUrl);
  writer.string(context.pagePath);
  writer.string(context.pageReferrer);
  writer.string(context.campaignSource);
  writer.string(context.campaignMedium);
  writer.string(context.campaignName);
  writer.string(context.campaignTerm);
  writer.string(context.campaignContent);
  writer.stringMap(context.clickIds);
  writer.string(context.library);
  writer.string(context.libraryVersion);
}

function writeControl(block: OpenBlock, header: ControlHeader, partition: number, rowId: number, profileId: string): void {
  const writer = block.writer;
  writer.uint32(header.workspaceId);
  writer.string(header.action.kind);
  writer.string("control");
  writer.uuid(profileId === "" ? NOBODY : profileId);
  writer.repeat(UUID_BYTES);
  writer.dateTime64(header.receivedAtMs);
  writer.dateTime64(header.receivedAtMs);
  writer.string("");
  writer.uint32(0);
  writer.string(`control-${partition}-${rowId}`);
  writeIds(writer, undefined);
  writer.string("control");
  writer.string("");
  writer.string("{}");
  writeContext(writer, noContext);
  writer.uint8(0);
  writer.uint8(0);
  writer.uint8(0);
  writer.uint32(0);
  writer.uint8Map({});
  writer.uuidHeads(noKeys);
  writer.uuidHeads(noKeys);
  writer.uint16(partition);
  writer.uint64(rowId);
  writer.uint64(block.blockId);
  writer.uint32(block.rowEnds.length);
  writer.string(JSON.stringify(header));
  writer.string("");
  block.rowEnds.push(writer.length);
}

const nothingShown = emptyDocument();

function consentsOf(consents: Person["doc"]["consents"]): Record<string, boolean> {
  return Object.fromEntries(Object.entries(consents).map(([category, { granted }]) => [category, granted]));
}

function traitTimes(traits: Person["doc"]["traits"]): [name: string, sinceMs: number][] {
  return Object.entries(traits).map(([name, trait]) => [name, sinceOf(trait)]);
}

function traitsText(traits: Person["doc"]["traits"]): string {
  const values: Record<string, unknown> = {};
  for (const [name, { value }] of Object.entries(traits)) if (name !== "__proto__") values[name] = value;
  // Traits have their own column in another table: their paths are bounded by the traits a person may have.
  return acceptableJson(values, new KnownPaths());
}
