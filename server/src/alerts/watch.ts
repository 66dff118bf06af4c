// One look at everything that is watched: what is seen now meets what stood before, and what has changed is written down with the tellings
// that it makes, in one transaction. So each change is told once to each channel, though this is killed at any moment. One process at a time looks.
import type { ClientBase, Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { alertKinds } from "./alert-kinds.ts";
import type { AlertKind, Asking, Facts, Sight } from "./alert-kind.ts";
import { readRules, type RulesInForce } from "./rules.ts";
import { transition, type Seen, type Standing } from "./transition.ts";

export interface WatchOptions extends Pick<Asking, "clickhouse" | "log" | "pipelineReader"> {
  readonly pool: Pool;
  readonly logger: Logger;
  /** For tests: others than those there are. */
  readonly kinds?: readonly AlertKind[];
}

export interface Watch {
  /** Everything once. */
  look(nowMs: number): Promise<void>;
}

/** Beyond it nobody listened: what was silent meanwhile was not heard either. */
const PAUSE_MS = 5 * 60_000;

interface Held {
  readonly badSince: Date | null;
  readonly goodSince: Date | null;
  readonly alertId: number | null;
  readonly snoozedUntil: Date | null;
}

const nothingHeld: Held = { badSince: null, goodSince: null, alertId: null, snoozedUntil: null };
const keyOf = (workspaceId: number, subject: string): string => `${workspaceId} ${subject}`;

export function createWatch({ pool, logger, kinds = alertKinds, ...ways }: WatchOptions): Watch {
  const asks = new Map(kinds.map((kind) => [kind.kind, { ask: kind.asks(), askedAtMs: -Infinity, sights: [] as readonly Sight[] }]));

  async function sightsOf(kind: AlertKind, asking: Asking): Promise<readonly Sight[] | undefined> {
    const one = asks.get(kind.kind);
    if (one === undefined) return undefined;
    if (asking.nowMs - one.askedAtMs < (kind.everyMs ?? 0)) return one.sights;
    try {
      one.sights = await one.ask(asking);
      one.askedAtMs = asking.nowMs;
      return one.sights;
    } catch (error) {
      // What can't be asked is not known, and nothing opens or closes by it.
      logger.error({ err: error, kind: kind.kind }, "it can't be seen whether there is reason for an alert");
      return undefined;
    }
  }

  async function lookAt(kind: AlertKind, sights: readonly Sight[], rules: RulesInForce, nowMs: number): Promise<void> {
    const held = await readHeld(pool, kind.kind);
    for (const sight of sights) {
      const key = keyOf(sight.workspaceId, sight.subject);
      const before = held.get(key) ?? nothingHeld;
      held.delete(key);
      const rule = rules.of(sight.workspaceId, kind, sight.subject);
      const seen: Seen = rule.enabled ? kind.judge(rule.params, sight.facts, nowMs) : { level: "gone" };
      await step(pool, { kind, sight, before, seen, why: rule.enabled ? "well" : "off", patience: kind.patience(rule.params) }, nowMs);
    }
    for (const [key, before] of held) {
      const [workspaceId = "", ...subject] = key.split(" ");
      const sight = { workspaceId: Number(workspaceId), subject: subject.join(" "), name: "", link: "", facts: {} };
      await step(pool, { kind, sight, before, seen: { level: "gone" }, why: "gone", patience: { openAfterMs: 0, closeAfterMs: 0 } }, nowMs);
    }
  }

  return {
    async look(nowMs) {
      const awakeSinceMs = await beat(pool, nowMs);
      const rules = await readRules(pool);
      for (const kind of kinds) {
        const sights = await sightsOf(kind, { pool, ...ways, nowMs, awakeSinceMs });
        if (sights !== undefined) await lookAt(kind, sights, rules, nowMs);
      }
      await tellWhatIsStillOpen(pool, nowMs);
    },
  };
}

/** Since when there was no longer pause. */
async function beat(pool: Pool, nowMs: number): Promise<number> {
  const { rows } = await pool.query<{ awake_since: Date }>(
    `insert into alert_pulse (looked_at, awake_since) values ($1, $1) on conflict (only_row) do update
       set looked_at = excluded.looked_at, awake_since = case when excluded.looked_at - alert_pulse.looked_at > make_interval(secs => $2) then excluded.looked_at else alert_pulse.awake_since end
     returning awake_since`, [new Date(nowMs), PAUSE_MS / 1_000],
  );
  return rows[0]?.awake_since.getTime() ?? nowMs;
}

async function readHeld(pool: Pool, kind: string): Promise<Map<string, Held>> {
  const { rows } = await pool.query<Held & { workspaceId: number; subject: string }>(
    `select workspace_id as "workspaceId", subject, bad_since as "badSince", good_since as "goodSince", alert_id as "alertId", snoozed_until as "snoozedUntil" from alert_watch where kind = $1`, [kind],
  );
  return new Map(rows.map(({ workspaceId, subject, ...one }) => [keyOf(workspaceId, subject), one]));
}

interface Stepping {
  readonly kind: AlertKind;
  readonly sight: Sight;
  readonly before: Held;
  readonly seen: Seen;
  readonly why: "well" | "off" | "gone";
  readonly patience: { readonly openAfterMs: number; readonly closeAfterMs: number };
}

async function step(pool: Pool, { kind, sight, before, seen, why, patience }: Stepping, nowMs: number): Promise<void> {
  const standing: Standing = { badSinceMs: before.badSince?.getTime(), goodSinceMs: before.goodSince?.getTime(), isOpen: before.alertId !== null };
  const { after, change } = transition(standing, seen, patience, nowMs);
  if (change === undefined) {
    if (before.alertId !== null && seen.level !== "unknown") await pool.query("update alert set facts = $2, name = $3, link = $4 where id = $1", [before.alertId, JSON.stringify(sight.facts), sight.name, sight.link]);
    if (after.badSinceMs !== standing.badSinceMs || after.goodSinceMs !== standing.goodSinceMs) await keep(pool, kind, sight, { ...before, badSince: dateOf(after.badSinceMs), goodSince: dateOf(after.goodSinceMs) });
    else if (before !== nothingHeld && after.badSinceMs === undefined && before.alertId === null) await keep(pool, kind, sight, nothingHeld, nowMs);
    return;
  }
  await inTransaction(pool, async (tx) => {
    if (change === "opened") {
      const alertId = await open(tx, { kind, sight, before, sinceMs: after.badSinceMs ?? nowMs }, nowMs);
      await keep(tx, kind, sight, { ...before, badSince: dateOf(after.badSinceMs), goodSince: null, alertId });
    } else {
      await close(tx, before.alertId, { why, facts: why === "well" ? sight.facts : undefined }, nowMs);
      await keep(tx, kind, sight, { ...nothingHeld, snoozedUntil: before.snoozedUntil }, nowMs);
    }
  });
}

const dateOf = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));

/** Nothing is kept of what is well, but a snooze that goes on. */
async function keep(db: Pool | ClientBase, { kind }: AlertKind, { workspaceId, subject }: Sight, held: Held, nowMs = 0): Promise<void> {
  if (held.badSince === null && held.alertId === null && (held.snoozedUntil === null || held.snoozedUntil.getTime() <= nowMs)) {
    // Somebody may have snoozed it in this moment.
    await db.query("update alert_watch set bad_since = null, good_since = null, alert_id = null where workspace_id = $1 and kind = $2 and subject = $3", [workspaceId, kind, subject]);
    await db.query("delete from alert_watch where workspace_id = $1 and kind = $2 and subject = $3 and (snoozed_until is null or snoozed_until <= $4)", [workspaceId, kind, subject, new Date(nowMs)]);
    return;
  }
  // People snooze meanwhile: that stays as it is.
  await db.query(
    `insert into alert_watch (workspace_id, kind, subject, bad_since, good_since, alert_id) values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_id, kind, subject) do update set bad_since = excluded.bad_since, good_since = excluded.good_since, alert_id = excluded.alert_id`,
    [workspaceId, kind, subject, held.badSince, held.goodSince, held.alertId],
  );
}

interface Opening {
  readonly kind: AlertKind;
  readonly sight: Sight;
  readonly before: Held;
  readonly sinceMs: number;
}

async function open(tx: ClientBase, { kind: { kind }, sight, before, sinceMs }: Opening, nowMs: number): Promise<number> {
  const { workspaceId, subject, name, link, facts } = sight;
  const isSnoozed = before.snoozedUntil !== null && before.snoozedUntil.getTime() > nowMs;
  const { rows } = await tx.query<{ id: number }>(
    `insert into alert (workspace_id, kind, subject, name, link, since, opened_at, facts, is_told, snoozed_until) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (workspace_id, kind, subject) where status <> 'closed' do update set facts = excluded.facts returning id`,
    [workspaceId, kind, subject, name, link, new Date(sinceMs), new Date(nowMs), JSON.stringify(facts), !isSnoozed, isSnoozed ? before.snoozedUntil : null],
  );
  const id = rows[0]?.id ?? 0; // An insert that returns has a row.
  if (!isSnoozed) await tell(tx, id, "opened", facts, nowMs);
  return id;
}

async function close(tx: ClientBase, alertId: number | null, { why, facts }: { readonly why: string; readonly facts: Facts | undefined }, nowMs: number): Promise<void> {
  const { rows } = await tx.query<{ is_told: boolean; facts: Facts }>(
    `update alert set status = 'closed', closed_at = $2, closed_why = $3, facts = coalesce($4::json, facts) where id = $1 and status <> 'closed' returning is_told, facts`,
    [alertId, new Date(nowMs), why, facts === undefined ? null : JSON.stringify(facts)],
  );
  const [closed] = rows;
  // Nobody who was not told that it opened is told that it is over.
  if (closed?.is_told === true) await tell(tx, alertId ?? 0, "closed", closed.facts, nowMs);
}

/** To each channel that wants this kind; that something is over only to those that heard of it. */
async function tell(tx: ClientBase, alertId: number, change: "opened" | "closed" | "still_open", facts: Facts, nowMs: number): Promise<void> {
  await tx.query(
    `insert into alert_notification (workspace_id, alert_id, channel_id, change, change_at, facts, next_at)
     select a.workspace_id, a.id, c.id, $2, $3, $4, $3 from alert a join alert_channel c on c.workspace_id = a.workspace_id
     where a.id = $1 and c.enabled and (c.kinds is null or c.kinds::jsonb ? a.kind)
       and ($2 <> 'closed' or exists (select from alert_notification n where n.alert_id = a.id and n.channel_id = c.id))
     on conflict do nothing`, [alertId, change, new Date(nowMs), JSON.stringify(facts)],
  );
}

/** What was snoozed and is open when the snooze ends is told then. */
async function tellWhatIsStillOpen(pool: Pool, nowMs: number): Promise<void> {
  const { rows } = await pool.query<{ id: number }>("select id from alert where status <> 'closed' and snoozed_until <= $1", [new Date(nowMs)]);
  for (const { id } of rows) {
    await inTransaction(pool, async (tx) => {
      const { rows: [alert] } = await tx.query<{ facts: Facts }>("update alert set snoozed_until = null, snoozed_by = null, is_told = true where id = $1 and snoozed_until <= $2 returning facts", [id, new Date(nowMs)]);
      if (alert === undefined) return;
      await tx.query("update alert_watch set snoozed_until = null where alert_id = $1", [id]);
      await tell(tx, id, "still_open", alert.facts, nowMs);
    });
  }
}
