// What is watched, and with which settings: the defaults of each kind, what a workspace has set instead, and what it has set for one thing.
import type { ClientBase, Pool } from "pg";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { alertKindOf, alertKinds } from "./alert-kinds.ts";
import type { AlertKind } from "./alert-kind.ts";

type Params = Readonly<Record<string, string | number | boolean>>;

export interface Rule {
  readonly enabled: boolean;
  readonly params: Params;
}

export interface StoredRule extends Rule {
  readonly workspaceId: number;
  readonly kind: string;
  readonly subject: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export interface RulesInForce {
  of(workspaceId: number, kind: AlertKind, subject: string): Rule;
}

const COLUMNS = `workspace_id as "workspaceId", kind, subject, enabled, params, updated_at as "updatedAt", updated_by as "updatedBy"`;
/** Told with the commit. */
export const RULES_CHANGED = "alert_rules";
const SUBJECT_RULES_MAX = 1_000;

/** Settings that were kept by another version count as far as they still fit. */
function paramsOf(kind: AlertKind, stored: unknown): Params {
  const parsed = kind.params.safeParse(stored);
  return parsed.success ? parsed.data : defaultsOf(kind);
}

export function defaultsOf(kind: AlertKind): Params {
  return kind.params.parse({});
}

/** Of all workspaces. */
export async function readRules(pool: Pool): Promise<RulesInForce> {
  const { rows } = await pool.query<StoredRule>(`select ${COLUMNS} from alert_rule`);
  const stored = new Map(rows.map((row) => [`${row.workspaceId} ${row.kind} ${row.subject}`, row]));
  return {
    of(workspaceId, kind, subject) {
      const found = stored.get(`${workspaceId} ${kind.kind} ${subject}`) ?? stored.get(`${workspaceId} ${kind.kind} `);
      return found === undefined ? { enabled: true, params: defaultsOf(kind) } : { enabled: found.enabled, params: paramsOf(kind, found.params) };
    },
  };
}

export interface RulesOfKind {
  readonly kind: AlertKind;
  readonly rule: Rule;
  /** Whether the workspace has set it. */
  readonly stored: StoredRule | undefined;
  readonly subjects: readonly StoredRule[];
}

/** Of one workspace, each kind with what is in force. */
export async function readRulesOf(db: ClientBase, workspaceId: number): Promise<RulesOfKind[]> {
  const { rows } = await db.query<StoredRule>(`select ${COLUMNS} from alert_rule where workspace_id = $1 order by subject`, [workspaceId]);
  return alertKinds.map((kind) => {
    const own = rows.filter((row) => row.kind === kind.kind).map((row) => ({ ...row, params: paramsOf(kind, row.params) }));
    const stored = own.find(({ subject }) => subject === "");
    return { kind, stored, rule: stored ?? { enabled: true, params: defaultsOf(kind) }, subjects: own.filter(({ subject }) => subject !== "") };
  });
}

export interface RuleChange {
  readonly kind: string;
  readonly subject: string;
  readonly enabled: boolean;
  readonly params: Readonly<Record<string, unknown>>;
}

interface By {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

export async function setRule(db: ClientBase, by: By, { kind: name, subject, enabled, params: given }: RuleChange): Promise<void> {
  const kind = knownKind(name);
  if (subject !== "") await refuseUnknownSubject(db, by.workspaceId, kind, subject);
  const parsed = kind.params.safeParse(given);
  if (!parsed.success) throw new AppError("bad_request", { detail: parsed.error.issues.slice(0, 5).map(({ path, message }) => `params.${path.join(".")}: ${message}`).join(" ") });
  const { rows: [count] } = await db.query<{ count: number }>("select count(*)::integer as count from alert_rule where workspace_id = $1", [by.workspaceId]);
  if ((count?.count ?? 0) >= SUBJECT_RULES_MAX) throw new AppError("limit_reached", { detail: `A workspace has at most ${SUBJECT_RULES_MAX} rules of its own.`, hint: "Take some back to the defaults." });
  await db.query(
    `insert into alert_rule (workspace_id, kind, subject, enabled, params, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, kind, subject) do update set enabled = excluded.enabled, params = excluded.params, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [by.workspaceId, name, subject, enabled, JSON.stringify(parsed.data), new Date(by.nowMs), by.actor],
  );
  await db.query(`notify ${RULES_CHANGED}`);
  await recordAudit(db, { ...by, action: "alert_rule.change", target: targetOf(name, subject), detail: { enabled, params: parsed.data } }, by.nowMs);
}

/** Back to what is in force without it. */
export async function resetRule(db: ClientBase, by: By, name: string, subject: string): Promise<void> {
  knownKind(name);
  const { rowCount } = await db.query("delete from alert_rule where workspace_id = $1 and kind = $2 and subject = $3", [by.workspaceId, name, subject]);
  await db.query(`notify ${RULES_CHANGED}`);
  if (rowCount !== 0) await recordAudit(db, { ...by, action: "alert_rule.reset", target: targetOf(name, subject) }, by.nowMs);
}

const targetOf = (kind: string, subject: string): string => `alert_rule:${kind}${subject === "" ? "" : `:${subject}`}`;

function knownKind(name: string): AlertKind {
  const kind = alertKindOf(name);
  if (kind === undefined) throw new AppError("bad_request", { detail: `There is no kind of alert ${JSON.stringify(name)}; there are ${alertKinds.map((one) => one.kind).join(", ")}.` });
  return kind;
}

/** Subjects are rows of these tables, named by what never changes of them. */
const tables: Readonly<Record<string, { readonly table: string; readonly by: string }>> = {
  source: { table: "source", by: "id::text" }, destination: { table: "destination", by: "slug" }, audience: { table: "audience", by: "slug" },
};

/** What the things are called that have rules of their own. */
export async function namesOfSubjects(db: ClientBase, workspaceId: number, subjects: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (subjects.length === 0) return new Map();
  const named = Object.entries(tables).map(([what, { table, by }]) => `select '${what}:' || ${by} as subject, name from ${table} where workspace_id = $1`).join(" union all ");
  const { rows } = await db.query<{ subject: string; name: string }>(`select * from (${named}) named where subject = any($2)`, [workspaceId, subjects]);
  return new Map(rows.map(({ subject, name }) => [subject, name]));
}

async function refuseUnknownSubject(db: ClientBase, workspaceId: number, kind: AlertKind, subject: string): Promise<void> {
  const [, what = "", id = ""] = /^([a-z]+):(.+)$/s.exec(subject) ?? [];
  const place = what === kind.subjects ? tables[what] : undefined;
  if (place === undefined) throw new AppError("bad_request", { detail: kind.subjects === undefined ? `${kind.name} has one rule for the workspace.` : `subject: Such as \`${kind.subjects}:${kind.subjects === "source" ? "4" : "its-slug"}\`.` });
  const { rowCount } = await db.query(`select from ${place.table} where workspace_id = $1 and ${place.by} = $2`, [workspaceId, id]);
  if (rowCount === 0) throw new AppError("not_found", { detail: `There is no ${what} ${id}.` });
}
