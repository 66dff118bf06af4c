// The watch and the tellings on a real Postgres: whatever is seen, and wherever the process dies, each change is told to each channel that works once,
// but for one whose reply was lost.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Pool, PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createSeal } from "../core/sealed-text.ts";
import { webhookSignature } from "../core/webhook-signature.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { noMailer } from "../mail/mail.ts";
import { createOutbound, type Outbound } from "../outbound/outbound.ts";
import { defineAlertKind, type AlertKind } from "./alert-kind.ts";
import { acknowledgeAlert, snoozeAlert } from "./alert-store.ts";
import { createAlertChannels, createChannel, type AlertChannels } from "./channels.ts";
import { tellDue } from "./notify.ts";
import { nothingWrong, transition, type Level } from "./transition.ts";
import { createWatch, type Watch } from "./watch.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 22, 12);
const patience = { openAfterMs: 2 * MINUTE, closeAfterMs: 2 * MINUTE };
const workspaceId = 1;
const secret = "a secret of sixteen or more";

/** What is seen now, by subject. */
let now: ReadonlyMap<string, Level>;
const scripted: AlertKind = defineAlertKind<Record<string, never>, { level: string }>({
  kind: "scripted", name: "Scripted", what: "", params: z.strictObject({}), patience: () => patience,
  asks: () => () => Promise.resolve([...now].filter(([, level]) => level !== "gone").map(([subject, level]) => ({ workspaceId, subject, name: subject, link: "/", facts: { level } }))),
  judge: (_, { level }) => ({ level: level as Level }), sentence: (name) => `${name} is bad.`, closed: (name) => `${name} is good.`,
});

class Killed extends Error {}

/** Lets so many statements through, and then dies: before the statement, or after it was done. */
function mortal(pool: Pool, life: { left: number; isAfter: boolean }): Pool {
  const guard = <T extends object>(target: T): T => new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name);
      if (name === "connect") return async () => guard(await pool.connect());
      if (name !== "query" || typeof value !== "function") return typeof value === "function" ? value.bind(of) : value;
      return async (...args: unknown[]) => {
        if (args[0] === "rollback") return value.apply(of, args) as unknown;
        if (life.left < 0) throw new Killed();
        life.left--;
        if (life.left < 0 && !life.isAfter) throw new Killed();
        const result = (await value.apply(of, args)) as unknown;
        if (life.left < 0) throw new Killed();
        return result;
      };
    },
  });
  return guard(pool);
}

interface Heard {
  readonly key: string;
  readonly type: string;
  readonly name: string;
}

describe("alerts on a real Postgres", () => {
  let postgres: Postgres;
  let pool: Pool;
  let db: PoolClient;
  let server: Server;
  let outbound: Outbound;
  let channels: AlertChannels;
  let heard: Heard[] = [];
  let answers: (nth: number) => number | "cut" = () => 200;
  let asked = 0;
  const seal = createSeal("an installation's secret", "alert channels");

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = postgres.pool("test", 6);
    db = await pool.connect();
    await pool.query("insert into workspace (id, slug, name, log_partition) values ($1, 'shop', 'Shop', 0) on conflict do nothing", [workspaceId]);
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk))).on("end", () => {
        const answer = answers(asked++);
        const { type, alert } = JSON.parse(body) as { type: string; alert: { name: string } };
        const timestamp = String(request.headers["x-tributary-timestamp"]);
        expect(request.headers["x-tributary-signature"]).toBe(webhookSignature([secret], timestamp, body));
        if (answer === 200 || answer === "cut") heard.push({ key: String(request.headers["idempotency-key"]), type, name: alert.name });
        if (answer === "cut") request.socket.destroy();
        else response.writeHead(answer).end("as you say");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    outbound = createOutbound({ privateHosts: ["127.0.0.1"] });
    channels = createAlertChannels({ outbound, mailer: noMailer, seal, nowMs: () => START });
    await createChannel(db, seal, by(START), { kind: "webhook", name: "Hook", settings: { url, secret }, enabled: true, kinds: null });
    // Of other alerts alone, so never told.
    await createChannel(db, seal, by(START), { kind: "chat", name: "Chat", settings: { url }, enabled: true, kinds: ["dead_letters"] });
  });
  afterAll(async () => {
    db.release();
    await outbound.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await postgres.stop();
  });

  const by = (nowMs: number) => ({ workspaceId, actor: "system", nowMs });

  async function fresh(): Promise<void> {
    await pool.query("truncate alert, alert_watch, alert_notification, alert_pulse cascade");
    [heard, asked, answers, now] = [[], 0, () => 200, new Map()];
  }

  const watchOver = (of: Pool): Watch => createWatch({ pool: of, logger: quietLogger, kinds: [scripted], clickhouse: () => Promise.reject(new Error("not asked")), log: { read: async () => [], state: async () => [] }, pipelineReader: "pipeline" });
  const tell = (of: Pool, nowMs: number): Promise<boolean> => tellDue({ pool: of, channels, publicUrl: "https://cdp.example.com", logger: quietLogger }, () => nowMs);

  /** Looks and tells once, by one and the same life. */
  async function minute(watch: Watch, of: Pool, nowMs: number): Promise<void> {
    await watch.look(nowMs);
    while (await tell(of, nowMs));
  }

  test("whatever is seen and wherever it is killed, each change is told once; twice only under the same key, where a kill or a cut took the reply", async () => {
    await fresh();
    let seed = 11;
    const below = (count: number): number => Math.floor(((seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647) * count);
    const subjects = ["one", "two", "three"];
    const levels: readonly Level[] = ["bad", "bad", "bad", "good", "good", "between", "unknown", "gone"];
    const expected: string[] = [];
    const standing = new Map(subjects.map((subject) => [subject, nothingWrong]));
    let kills = 0;
    let cuts = 0;
    answers = () => {
      const drawn = below(10);
      if (drawn === 0) cuts++;
      return drawn === 0 ? "cut" : drawn === 1 ? 503 : 200;
    };
    now = new Map(subjects.map((subject) => [subject, "good"]));
    let life = { left: 40, isAfter: false };
    let alive = mortal(pool, life);
    let watch = watchOver(alive);
    for (let i = 0; i < 160; i++) {
      const nowMs = START + i * MINUTE;
      now = new Map(subjects.map((subject) => [subject, below(3) > 0 ? now.get(subject) ?? "good" : levels[below(levels.length)] ?? "good"]));
      for (const subject of subjects) {
        const { after, change } = transition(standing.get(subject) ?? nothingWrong, { level: now.get(subject) ?? "gone" }, patience, nowMs);
        standing.set(subject, after);
        if (change !== undefined) expected.push(`${subject} alert.${change}`);
      }
      for (;;) {
        try {
          await minute(watch, alive, nowMs);
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          kills++;
          life = { left: below(60), isAfter: below(2) === 0 };
          alive = mortal(pool, life);
          watch = watchOver(alive);
        }
      }
    }
    // What was not taken is tried again until it is.
    answers = () => 200;
    for (let hour = 1; hour <= 3; hour++) while (await tell(pool, START + 160 * MINUTE + hour * 60 * MINUTE));

    expect(expected.length).toBeGreaterThan(20);
    expect(kills).toBeGreaterThan(20);
    const once = [...new Map(heard.map((one) => [one.key, one])).values()];
    expect(once.map(({ name, type }) => `${name} ${type}`).toSorted()).toEqual(expected.toSorted());
    expect(heard.length - once.length).toBeLessThanOrEqual(kills + cuts);
    // Of each thing in its order.
    for (const subject of subjects) expect(once.filter(({ name }) => name === subject).map(({ type }) => `${subject} ${type}`)).toEqual(expected.filter((one) => one.startsWith(`${subject} `)));
    const { rows } = await pool.query("select status, count(*)::integer as count from alert_notification group by 1");
    expect(rows).toEqual([{ status: "sent", count: expected.length }]);
  });

  test("two that look at once, because one does not know yet that it lost the role, open and tell once", async () => {
    await fresh();
    now = new Map([["one", "bad"]]);
    await watchOver(pool).look(START);
    await Promise.all([watchOver(pool).look(START + 5 * MINUTE), watchOver(pool).look(START + 5 * MINUTE + 1)]);
    await Promise.all([tell(pool, START + 6 * MINUTE)]);
    expect((await pool.query("select from alert")).rowCount).toBe(1);
    expect(heard.map(({ type }) => type)).toEqual(["alert.opened"]);
  });

  test("a snoozed alert is told to nobody, not when it comes again either, and once when the snooze ends; acknowledging tells nothing", async () => {
    await fresh();
    const watch = watchOver(pool);
    const at = async (minutes: number, level: Level): Promise<void> => {
      now = new Map([["one", level]]);
      await minute(watch, pool, START + minutes * MINUTE);
    };
    const idOfOpen = async (): Promise<number> => (await pool.query<{ id: number }>("select id from alert where status <> 'closed'")).rows[0]?.id ?? 0;
    for (const i of [0, 1, 2]) await at(i, "bad");
    await acknowledgeAlert(db, by(START + 2 * MINUTE), await idOfOpen());
    await snoozeAlert(db, by(START + 2 * MINUTE), await idOfOpen(), START + 20 * MINUTE);
    expect(heard.map(({ type }) => type)).toEqual(["alert.opened"]);
    for (const i of [3, 4, 5, 6]) await at(i, "good");
    // That it is over hears who heard that it began.
    expect(heard.map(({ type }) => type)).toEqual(["alert.opened", "alert.closed"]);
    for (let i = 7; i < 20; i++) await at(i, "bad");
    expect(await idOfOpen()).toBeGreaterThan(0);
    expect(heard).toHaveLength(2);
    for (const i of [20, 21, 22]) await at(i, "bad");
    expect(heard.map(({ type }) => type)).toEqual(["alert.opened", "alert.closed", "alert.still_open"]);
    for (const i of [23, 24, 25]) await at(i, "good");
    expect(heard.at(-1)?.type).toBe("alert.closed");
    expect((await pool.query("select from alert_watch")).rowCount).toBe(0);
  });

  test("a channel that takes nothing is tried for a day, with what it said, and others are told meanwhile", async () => {
    await fresh();
    answers = () => 410;
    now = new Map([["one", "bad"]]);
    const watch = watchOver(pool);
    for (const i of [0, 1, 2, 3]) await minute(watch, pool, START + i * MINUTE);
    const told = async () => (await pool.query("select status, attempts, detail from alert_notification")).rows[0];
    expect(await told()).toMatchObject({ status: "waiting", detail: "The other side answered 410: as you say" });
    for (let hour = 1; hour <= 25; hour++) await tell(pool, START + hour * 60 * MINUTE);
    expect(await told()).toMatchObject({ status: "failed" });
    expect((await told()).attempts).toBeGreaterThan(20);
  });
});
