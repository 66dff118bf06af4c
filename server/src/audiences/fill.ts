// Asks about everybody: a new audience, a new version, an instant that a whole zone shares, and what was not followed for a while.
// One query runs beside what happens meanwhile; then the differences are written, a chunk at a time, between the batches of
// real time. Who was touched since the query began is asked about once more at the end, so that nothing older wins. Broken off
// anywhere, it begins anew: what was written already is no difference any more.
import type { ClickHouseClient } from "@clickhouse/client";
import type { AudienceReason } from "../pipeline/outbox/audience-outbox.ts";
import { ask, boundaryOf, compileFor, nobody } from "./ask.ts";
import { judgedAlike, type BatchDeps } from "./evaluate-batch.ts";
import { answerOf, type AnswerOfAll } from "./fill-answer.ts";
import { bytesOf, readIds } from "./fill-reads.ts";
import type { Judged } from "./membership-write.ts";
import type { BrokenAudience, Filled, LoadedAudience, LoadedWorkspace } from "./store.ts";

export interface FillWish {
  readonly workspace: LoadedWorkspace;
  readonly audiences: readonly LoadedAudience[];
  /** `fill`: they are kept current when it ends. The others are all the while. */
  readonly kind: "fill" | "boundary" | "repair";
  readonly nowMs: number;
}

export interface FillChunk {
  readonly judged: readonly Judged[];
  readonly failed: readonly BrokenAudience[];
  /** Everything is written with this chunk. */
  readonly isLast: boolean;
  readonly done: number;
  readonly total: number;
}

export interface Fill extends FillWish {
  /** Whether there is something to write. */
  isReady(): boolean;
  /** People whom something happened to meanwhile. */
  touch(profileIds: readonly string[]): void;
  /** What comes next; undefined while the query runs. Rejects as the query did. */
  next(nowMs: number): Promise<FillChunk | undefined>;
  /** What is noted of its audiences at the end. */
  filled(): readonly Filled[];
  /** The query's result is not waited for. */
  abort(): void;
}

interface FillDeps extends BatchDeps {
  /** Of its own, so that real time never waits behind a query over everybody. */
  readonly everybody: ClickHouseClient;
}

export function startFill(deps: FillDeps, wish: FillWish): Fill {
  const { workspace, audiences } = wish;
  const asked = new Set(audiences.map(({ id }) => id));
  const touched = new Set<string>();
  const aborting = new AbortController();
  let found: { readonly answer: AnswerOfAll; readonly members: Set<string> } | undefined;
  let failure: unknown;
  let done = 0;
  const running = begin().then((value) => {
    found = value;
  }, (error: unknown) => {
    failure = error;
  });

  async function begin(): Promise<NonNullable<typeof found>> {
    // Before the query: whoever enters later was touched.
    const members = await membersOf(deps, workspace.workspaceId, [...asked]);
    const hasOverrides = await hasOverridesIn(deps.everybody, workspace.workspaceId);
    const { sql, params } = compileFor(workspace, audiences, { nowMs: wish.nowMs, hasOverrides, id: "profile_id", dueBeforeMs: wish.nowMs + deps.limits.dueHorizonMs });
    const bytes = await bytesOf(deps.everybody, { sql: `${sql} format RowBinary`, params, signal: aborting.signal });
    return { answer: answerOf(bytes), members };
  }

  const reasons = new Map(audiences.map((audience) => [audience.id, reasonFor(wish, audience)]));
  const judge = (profileId: string, verdict: Judged["verdict"]): Judged => ({
    workspaceId: workspace.workspaceId, profileId, verdict, asked, isWhole: false, causeOf: (id) => ({ reason: reasons.get(id) ?? "repair", row: 0 }),
  });

  function fromAnswer({ answer, members }: NonNullable<typeof found>): Judged[] {
    const judged: Judged[] = [];
    for (const { profileId, members: indexes, dueMs } of answer.take(deps.limits.fillChunk)) {
      members.delete(profileId);
      if (!touched.has(profileId)) judged.push(judge(profileId, { memberOf: indexes.map((i) => audiences[i]!.id), dueMs })); // As many as were asked for.
    }
    return judged;
  }

  /** Members of whom the answer says nothing. */
  function fromMembers({ members }: NonNullable<typeof found>): Judged[] {
    const judged: Judged[] = [];
    for (const profileId of members) {
      members.delete(profileId);
      if (!touched.has(profileId)) judged.push(judge(profileId, nobody));
      if (judged.length >= deps.limits.fillChunk) break;
    }
    return judged;
  }

  async function fromTouched(nowMs: number): Promise<Pick<FillChunk, "judged" | "failed">> {
    const ids = [...touched].slice(0, deps.limits.peopleAtOnce);
    for (const id of ids) touched.delete(id);
    const people = [...(await deps.reader.keysOf(workspace.workspaceId, ids)).values()];
    const answer = await ask(deps, { workspace, audiences, people, nowMs });
    const judged = judgedAlike(workspace, people, answer, { reason: "repair", row: 0 }).map((one) => ({ ...one, isWhole: false, causeOf: judge("", nobody).causeOf }));
    return { judged, failed: answer.failed };
  }

  return {
    ...wish,
    isReady: () => found !== undefined || failure !== undefined,
    touch: (ids) => ids.forEach((id) => touched.add(id)),
    filled: () => audiences.map((audience) => ({ audience, boundaryMs: Math.min(boundaryOf(workspace, audience, wish.nowMs), wish.nowMs + deps.limits.askAgainMs) })),
    abort: () => aborting.abort(),
    async next(nowMs) {
      if (failure !== undefined) throw failure;
      if (found === undefined) return undefined;
      await running;
      const total = found.answer.total;
      if (found.answer.left() > 0 || found.members.size > 0) {
        const judged = found.answer.left() > 0 ? fromAnswer(found) : fromMembers(found);
        done = total - found.answer.left();
        return { judged, failed: [], isLast: found.answer.left() === 0 && found.members.size === 0 && touched.size === 0, done, total };
      }
      const { judged, failed } = touched.size === 0 ? { judged: [], failed: [] } : await fromTouched(nowMs);
      return { judged, failed, isLast: touched.size === 0, done, total };
    },
  };
}

function reasonFor({ kind }: FillWish, { wasFilled }: LoadedAudience): AudienceReason {
  if (kind === "boundary") return "deadline";
  if (kind === "repair") return "repair";
  return wasFilled ? "definition" : "first_fill";
}

/** Over everybody's events it matters that nothing is joined in vain; who is merged from here on is touched. */
async function hasOverridesIn(clickhouse: ClickHouseClient, workspaceId: number): Promise<boolean> {
  const result = await clickhouse.query({ query: "select 1 from profile_override where workspace_id = {workspace:UInt32} limit 1", query_params: { workspace: workspaceId }, format: "JSONEachRow" });
  return (await result.json()).length > 0;
}

function membersOf({ pool }: FillDeps, workspaceId: number, audienceIds: readonly number[]): Promise<Set<string>> {
  return readIds((after, limit) => pool.query<{ profile_id: string }>(
    `select profile_id from audience_person where workspace_id = $1 and member_of && $2::integer[] and profile_id > $3 order by profile_id limit ${limit}`,
    [workspaceId, audienceIds, after],
  ));
}
