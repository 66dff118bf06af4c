// Whom a workspace's alerts are told: kept with their addresses sealed, tried by hand, and sent to.
import type { ClientBase } from "pg";
import type { AlertChannelKind } from "@tributary/schema/api/alerts.ts";
import { AppError } from "../core/errors.ts";
import type { Seal } from "../core/sealed-text.ts";
import { recordAudit } from "../governance/governance.ts";
import { channelKinds } from "./channels/channel-kinds.ts";
import type { ChannelParts, Told } from "./channels/channel.ts";
import type { AlertMessage } from "./message.ts";

export interface StoredChannel {
  readonly id: number;
  readonly workspaceId: number;
  readonly kind: AlertChannelKind;
  readonly name: string;
  readonly settingsSealed: string;
  readonly hint: string;
  readonly enabled: boolean;
  readonly kinds: readonly string[] | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

/** With what became of what it was told last. */
export interface ShownChannel extends StoredChannel {
  readonly lastSentAt: Date | null;
  readonly waiting: number;
  readonly lastDetail: string;
}

const COLUMNS = `c.id, c.workspace_id as "workspaceId", c.kind, c.name, c.settings_sealed as "settingsSealed", c.hint, c.enabled, c.kinds, c.created_at as "createdAt", c.updated_at as "updatedAt",
  c.updated_by as "updatedBy"`;
const CHANNELS_MAX = 50;

interface By {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

export interface AlertChannels {
  /** Throws AppError `bad_request` where the settings would not do, or the address may not be reached. */
  check(kind: AlertChannelKind, settings: unknown): Promise<void>;
  send(channel: Pick<StoredChannel, "kind" | "workspaceId" | "settingsSealed">, message: AlertMessage, key: string): Promise<Told>;
  readonly seal: Seal;
  /** Whether mail can be sent at all. */
  readonly hasMail: boolean;
}

export function createAlertChannels(parts: ChannelParts & { readonly seal: Seal }): AlertChannels {
  return {
    seal: parts.seal,
    hasMail: parts.mailer.isSetUp,
    async check(kind, given) {
      const settings = settingsOf(kind, given);
      const url = channelKinds[kind].urlOf?.(settings);
      const verdict = url === undefined ? { isGood: true as const } : await parts.outbound.checkAddress(url);
      if (!verdict.isGood) throw new AppError("bad_request", { detail: `settings.url: ${verdict.problem}`, hint: "Private addresses are named in OUTBOUND_PRIVATE_HOSTS by whoever runs the server." });
      if (kind === "mail" && !parts.mailer.isSetUp) throw new AppError("conflict", { detail: "No mail server is set up.", hint: "Whoever runs the server sets SMTP_URL and MAIL_FROM." });
    },
    async send({ kind, workspaceId, settingsSealed }, message, key) {
      const settings = opened(parts.seal, workspaceId, settingsSealed);
      if (settings === undefined) return { isSent: false, detail: "Its address can't be opened any more. Enter it anew." };
      return channelKinds[kind].send(parts, settingsOf(kind, settings), message, key);
    },
  };
}

function settingsOf(kind: AlertChannelKind, given: unknown): unknown {
  const parsed = channelKinds[kind].settings.safeParse(given);
  if (!parsed.success) throw new AppError("bad_request", { detail: parsed.error.issues.slice(0, 5).map(({ path, message }) => `settings.${path.join(".")}: ${message}`).join(" ") });
  return parsed.data;
}

/** Undefined: under no key that is there. */
function opened(seal: Seal, workspaceId: number, sealed: string): unknown {
  try {
    return JSON.parse(seal.open(sealed, workspaceId)) as unknown;
  } catch {
    return undefined;
  }
}

export async function readChannels(db: ClientBase, workspaceId: number): Promise<ShownChannel[]> {
  const { rows } = await db.query<ShownChannel>(
    `select ${COLUMNS}, max(n.sent_at) as "lastSentAt", count(n.id) filter (where n.status = 'waiting')::integer as waiting,
       coalesce((array_agg(n.detail order by n.id desc) filter (where n.status <> 'sent' and n.attempts > 0))[1], '') as "lastDetail"
     from alert_channel c left join alert_notification n on n.channel_id = c.id where c.workspace_id = $1 group by c.id order by c.id`, [workspaceId],
  );
  return rows;
}

/** Throws AppError `not_found`. */
export async function presentChannel(db: ClientBase, workspaceId: number, id: number): Promise<ShownChannel> {
  const found = (await readChannels(db, workspaceId)).find((one) => one.id === id);
  if (found === undefined) throw new AppError("not_found", { detail: "There is no such channel." });
  return found;
}

export interface NewChannel {
  readonly kind: AlertChannelKind;
  readonly name: string;
  readonly settings: unknown;
  readonly enabled: boolean;
  readonly kinds: readonly string[] | null;
}

export async function createChannel(db: ClientBase, seal: Seal, by: By, wish: NewChannel): Promise<ShownChannel> {
  const { rows: [count] } = await db.query<{ count: number }>("select count(*)::integer as count from alert_channel where workspace_id = $1", [by.workspaceId]);
  if ((count?.count ?? 0) >= CHANNELS_MAX) throw new AppError("limit_reached", { detail: `A workspace has at most ${CHANNELS_MAX} channels for alerts.` });
  const settings = settingsOf(wish.kind, wish.settings);
  const { rows: [made] } = await db.query<{ id: number }>(
    `insert into alert_channel (workspace_id, kind, name, settings_sealed, hint, enabled, kinds, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9) returning id`,
    [by.workspaceId, wish.kind, wish.name, seal.seal(JSON.stringify(settings), by.workspaceId), channelKinds[wish.kind].hint(settings), wish.enabled, kindsText(wish.kinds), new Date(by.nowMs), by.actor],
  );
  const id = made?.id ?? 0; // An insert that returns has a row.
  await recordAudit(db, { ...by, action: "alert_channel.create", target: `alert_channel:${id}`, detail: { kind: wish.kind, name: wish.name, enabled: wish.enabled, kinds: wish.kinds } }, by.nowMs);
  return presentChannel(db, by.workspaceId, id);
}

/** What is left out stays. */
export type ChannelChange = { readonly [K in Exclude<keyof NewChannel, "kind">]?: NewChannel[K] | undefined };

export async function changeChannel(db: ClientBase, seal: Seal, by: By, id: number, change: ChannelChange): Promise<ShownChannel> {
  const before = await presentChannel(db, by.workspaceId, id);
  const settings = change.settings === undefined ? undefined : settingsOf(before.kind, change.settings);
  await db.query(
    "update alert_channel set name = $3, settings_sealed = $4, hint = $5, enabled = $6, kinds = $7, updated_at = $8, updated_by = $9 where workspace_id = $1 and id = $2",
    [
      by.workspaceId, id, change.name ?? before.name, settings === undefined ? before.settingsSealed : seal.seal(JSON.stringify(settings), by.workspaceId),
      settings === undefined ? before.hint : channelKinds[before.kind].hint(settings), change.enabled ?? before.enabled, kindsText(change.kinds === undefined ? before.kinds : change.kinds), new Date(by.nowMs), by.actor,
    ],
  );
  const changed = Object.entries(change).filter(([, value]) => value !== undefined).map(([name]) => name);
  await recordAudit(db, { ...by, action: "alert_channel.change", target: `alert_channel:${id}`, detail: { changed, ...(change.enabled === undefined ? {} : { enabled: change.enabled }) } }, by.nowMs);
  return presentChannel(db, by.workspaceId, id);
}

/** With what it was told, and what it was still to be told. */
export async function deleteChannel(db: ClientBase, by: By, id: number): Promise<ShownChannel> {
  const before = await presentChannel(db, by.workspaceId, id);
  await db.query("delete from alert_channel where workspace_id = $1 and id = $2", [by.workspaceId, id]);
  await recordAudit(db, { ...by, action: "alert_channel.delete", target: `alert_channel:${id}`, detail: { kind: before.kind, name: before.name } }, by.nowMs);
  return before;
}

const kindsText = (kinds: readonly string[] | null): string | null => (kinds === null ? null : JSON.stringify(kinds));
