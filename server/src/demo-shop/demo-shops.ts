// The door of demo shops: load one into a workspace of its own, look how far it is, set its pace, be guided through it,
// remove it. From one workspace there is at most one; whoever asks for it again is let in.
import type { ClientBase, Pool } from "pg";
import type { DemoShopAnswer, DemoShopMade, Scenario, ScenarioId } from "@tributary/schema/api/demo-shop.ts";
import type { Role } from "@tributary/schema/api/roles.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { AppError, assert } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { demoSources, shopCountry, staffAddresses, type DemoSource } from "../demo/demo.ts";
import {
  addMember, asOwner, askRemoval, createRemovals, createSource, createToken, createWorkspace, firstControls, lastRemovalFrom, recordAudit, workspaceScopes,
  type Control, type Removal, type Source,
} from "../governance/governance.ts";
export { createPromiseFor } from "./promise-for.ts";
import { startCaretaker } from "./caretaker.ts";
import type { PlayerDeps } from "./player.ts";
import { answerScenario, readScenarios, type PromiseFor } from "./scenarios.ts";
import { changeShop, countHops, findShop, insertShop, slugOfSource, type StoredShop } from "./shop-store.ts";

export interface DemoShopsDeps extends PlayerDeps {
  readonly control: Control;
  readonly logger: Logger;
  /** The installation's, with which identifiers are keyed. */
  readonly secret: string;
  readonly promiseFor: PromiseFor;
  /** Called after sources or keys were made or taken away, so that collection in this process knows at once. */
  readonly onSourcesChanged: () => void;
}

/** Who asks. A token has no account; it is given another token for the demo shop. */
export interface DemoCaller {
  readonly workspaceId: number;
  readonly actor: string;
  readonly account?: { readonly id: string; readonly role: Role };
}

export interface DemoWish {
  readonly people: number;
  readonly days: number;
  readonly seed: string;
  readonly pace: number;
}

export interface DemoShops {
  /** `isNew`: it was not there before. Throws AppError `limit_reached`, `overloaded`. */
  load(caller: DemoCaller, wish: DemoWish): Promise<DemoShopMade & { readonly isNew: boolean }>;
  status(caller: DemoCaller): Promise<DemoShopAnswer>;
  /** Throws AppError `not_found` without a shop, as all that follow. */
  change(caller: DemoCaller, change: { readonly pace?: number | undefined; readonly paused?: boolean | undefined }): Promise<DemoShopAnswer>;
  remove(caller: DemoCaller): Promise<DemoShopAnswer>;
  scenarios(caller: DemoCaller): Promise<Scenario[]>;
  answer(caller: DemoCaller, scenario: ScenarioId, profileId: string): Promise<boolean>;
  /** Any workspace, with everything in it; for who answers for the installation. */
  removeWorkspace(caller: DemoCaller, workspaceId: number): Promise<Removal>;
  stop(): Promise<void>;
}

const NAME = "Demo shop";
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The ledger of a history is long; whoever watches asks every second. */
const COUNTED_FOR_MS = 900;

const kinds: Readonly<Record<DemoSource, string>> = { website: "website", app: "mobile", "point of sale": "server", mail: "webhook", support: "webhook" };
const names: Readonly<Record<DemoSource, string>> = { website: "Website", app: "App", "point of sale": "Point of sale", mail: "Mail", support: "Support" };

export function createDemoShops(deps: DemoShopsDeps): DemoShops {
  const { pool, clock } = deps;
  const caretaker = startCaretaker({ ...deps, removals: createRemovals(deps) });
  const countOf = createHopCounts(pool);

  async function present(caller: DemoCaller): Promise<StoredShop> {
    const shop = await findShop(pool, caller.workspaceId);
    if (shop === undefined) throw new AppError("not_found", { detail: "There is no demo shop.", hint: "Load one with `POST /api/v1/demo-shop`." });
    return shop;
  }

  async function status(caller: DemoCaller): Promise<DemoShopAnswer> {
    const shop = await findShop(pool, caller.workspaceId);
    const removal = shop === undefined ? await lastRemovalFrom(pool, caller.workspaceId) : undefined;
    if (shop === undefined) return { ...nothing, state: removal && removal.doneAt === null ? "removing" : "none", removal: removal ? shownRemoval(removal) : null };
    const hops = await countOf(shop.workspaceId, clock.nowMs());
    return {
      state: shop.liveMs === null ? "history" : "live", is_here: shop.workspaceId === caller.workspaceId, is_member: await mayEnter(pool, shop, caller),
      workspace: { slug: shop.slug, name: shop.name }, people: shop.people, pace: shop.pace, paused: shop.paused, failure: shop.failure, removal: null,
      progress: {
        total: shop.total, appended: shop.appended + shop.liveCalls, ...hops, live: shop.liveCalls, since: shop.madeAt.toISOString(),
        history_from: new Date(shop.fromMs).toISOString(), history_until: new Date(shop.untilMs).toISOString(),
        shop_at: shop.liveMs === null ? null : new Date(shop.liveMs).toISOString(),
      },
    };
  }

  return {
    async load(caller, wish) {
      const made = await make(deps, caller, wish);
      deps.onSourcesChanged();
      caretaker.wake();
      return { shop: await status(caller), ...made };
    },
    status,
    async change(caller, change) {
      const shop = await present(caller);
      await asOwner(pool, async (db) => {
        await changeShop(db, shop.workspaceId, change);
        await recordAudit(db, { workspaceId: shop.workspaceId, actor: caller.actor, action: "demo_shop.change", target: "demo_shop", detail: change }, clock.nowMs());
      });
      return status(caller);
    },
    async remove(caller) {
      const shop = await present(caller);
      await removeAs(deps, caller, shop.workspaceId, { home: shop.homeWorkspaceId, action: "demo_shop.remove" });
      caretaker.wake();
      const removal = await lastRemovalFrom(pool, shop.homeWorkspaceId);
      return { ...nothing, state: "removing", removal: removal ? shownRemoval(removal) : null };
    },
    scenarios: async (caller) => readScenarios(deps, await present(caller)),
    answer: async (caller, scenario, profileId) => answerScenario(deps, await present(caller), { scenario, profileId, actor: caller.actor }),
    async removeWorkspace(caller, workspaceId) {
      const removal = await removeAs(deps, caller, workspaceId, { home: caller.workspaceId, action: "workspace.remove" });
      caretaker.wake();
      return removal;
    },
    stop: () => caretaker.stop(),
  };
}

const nothing: DemoShopAnswer = {
  state: "none", is_here: false, is_member: false, workspace: null, people: null, pace: null, paused: false, progress: null, failure: null, removal: null,
};

function shownRemoval({ askedAt, isDecided, rowsRemoved, doneAt }: Removal): NonNullable<DemoShopAnswer["removal"]> {
  const step = doneAt !== null ? "done" : isDecided ? "removing" : "waiting";
  return { asked_at: askedAt.toISOString(), step, rows_removed: rowsRemoved, done_at: doneAt?.toISOString() ?? null };
}

function createHopCounts(pool: Pool): (workspaceId: number, nowMs: number) => Promise<{ readonly decided: number; readonly landed: number }> {
  const counted = new Map<number, { readonly atMs: number; readonly hops: ReturnType<typeof countHops> }>();
  return (workspaceId, nowMs) => {
    const last = counted.get(workspaceId);
    if (last && nowMs - last.atMs < COUNTED_FOR_MS) return last.hops;
    const hops = countHops(pool, workspaceId);
    counted.clear();
    counted.set(workspaceId, { atMs: nowMs, hops });
    hops.catch(() => counted.delete(workspaceId));
    return hops;
  };
}

async function mayEnter(pool: Pool, shop: StoredShop, { account, workspaceId }: DemoCaller): Promise<boolean> {
  if (account === undefined) return workspaceId === shop.workspaceId;
  const { rowCount } = await pool.query("select from member where workspace_id = $1 and account_id = $2", [shop.workspaceId, account.id]);
  return rowCount === 1;
}

interface Made {
  readonly isNew: boolean;
  readonly secret: string | null;
}

/** Shop, workspace, sources and settings come about together, or not at all. */
async function make({ pool, log, clock, control }: DemoShopsDeps, caller: DemoCaller, wish: DemoWish): Promise<Made> {
  return asOwner(pool, async (db) => {
    // Two who ask at once get one shop.
    await db.query("select from workspace where id = $1 for update", [caller.workspaceId]);
    const before = await findShop(db, caller.workspaceId);
    if (before) {
      await letIn(db, before.workspaceId, caller);
      return { isNew: false, secret: null };
    }
    const { workspace, source, key, token, tokenSecret } = await createWorkspace(db, {
      name: NAME, partitions: log.partitions, token: { name: "Demo shop", scopes: workspaceScopes },
    });
    const workspaceId = workspace.id;
    // Nobody sends to it from outside, until somebody makes a key of their own.
    await db.query("delete from write_key where id = $1", [key.id]);
    if (caller.account) await db.query("delete from api_token where id = $1", [token.id]);
    const untilMs = Math.floor(clock.nowMs() / MINUTE_MS) * MINUTE_MS;
    await insertShop(db, { workspaceId, homeWorkspaceId: caller.workspaceId, seed: wish.seed, people: wish.people, fromMs: untilMs - wish.days * DAY_MS, untilMs, pace: wish.pace });
    await letIn(db, workspaceId, caller);
    const target = `workspace:${workspaceId}`;
    await recordAudit(db, { workspaceId: caller.workspaceId, actor: caller.actor, action: "demo_shop.load", target, detail: { ...wish } }, clock.nowMs());
    await declareSources({ db, control, workspaceId, actor: caller.actor }, source);
    return { isNew: true, secret: caller.account ? null : tokenSecret };
  });
}

async function letIn(db: ClientBase, workspaceId: number, { account, actor }: DemoCaller): Promise<void> {
  if (account === undefined) return;
  const { rowCount } = await db.query("select from member where workspace_id = $1 and account_id = $2", [workspaceId, account.id]);
  if (rowCount === 0) await addMember(db, { workspaceId, accountId: account.id, role: account.role, by: actor });
}

/** What must stand in the log before the first event: the settings, and the sources. */
async function declareSources(
  { db, control, workspaceId, actor }: { readonly db: ClientBase; readonly control: Control; readonly workspaceId: number; readonly actor: string }, website: Source,
): Promise<void> {
  const settings = { ...defaultWorkspaceSettings, phoneCountry: shopCountry, internalIps: [staffAddresses] };
  await control.append({ kind: "workspace.set", settings }, { workspaceId, actor, action: "workspace.create", target: `workspace:${workspaceId}` }, db);
  for (const one of demoSources) {
    const source = one === "website" ? website : await createSource(db, { workspaceId, slug: slugOfSource(one), name: names[one], kind: kinds[one] });
    const [, declared] = firstControls(source);
    assert(declared !== undefined, "a first source is declared by its settings");
    await control.append(declared, { workspaceId, actor, action: "source.create", target: `source:${source.id}`, detail: { name: source.name, kind: source.kind } }, db);
  }
}

async function removeAs(
  { pool, clock, onSourcesChanged }: DemoShopsDeps, { actor }: DemoCaller, workspaceId: number, { home, action }: { readonly home: number; readonly action: string },
): Promise<Removal> {
  const removal = await asOwner(pool, async (db) => {
    await recordAudit(db, { workspaceId: home, actor, action, target: `workspace:${workspaceId}` }, clock.nowMs());
    return askRemoval(db, workspaceId, home);
  });
  onSourcesChanged();
  return removal;
}
