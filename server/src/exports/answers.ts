// What questions in SQL answered, kept as files are: whose rows came out, written down before they leave. An answer without anybody's rows leaves
// nothing here. The same question of the same asker on the same day is one entry, so that a report that is drawn each minute
// is one line and its people stand there once.
import { createHash } from "node:crypto";
import { countPeople, writePeople, type ExportParts } from "./exported-people.ts";

export interface AnswerOf {
  readonly workspaceId: number;
  readonly actor: string;
  readonly statement: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly via: "console" | "endpoint";
  /** Values of people were masks. */
  readonly isMasked: boolean;
}

export interface AnswerUnderWay {
  /** Once anybody stood in it. */
  id(): string | undefined;
  /** Resolves when it is written down; only then may their rows leave. */
  add(profileIds: readonly string[]): Promise<void>;
  /** `rows`: null: not counted. */
  end(told: { readonly isWhole: boolean; readonly rows: number | null }): Promise<void>;
}

export function keepAnswer(parts: ExportParts, of: AnswerOf): AnswerUnderWay {
  let id: string | undefined;
  return {
    id: () => id,
    async add(profileIds) {
      if (profileIds.length === 0) return;
      id ??= await beginAnswer(parts, of);
      await writePeople(parts, of.workspaceId, id, profileIds);
    },
    async end({ isWhole, rows }) {
      if (id === undefined) return;
      const people = await countPeople(parts, of.workspaceId, id);
      await parts.workspaceDb.run(of.workspaceId, (db) => db.query(
        "update export set status = $3, people = $4, row_count = $5, finished_at = $6 where workspace_id = $1 and id = $2", [of.workspaceId, id, isWhole ? "done" : "broken_off", people, rows, new Date(parts.nowMs())],
      ));
    },
  };
}

async function beginAnswer({ workspaceDb, nowMs }: ExportParts, { workspaceId, actor, statement, parameters, via, isMasked }: AnswerOf): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([statement, Object.entries(parameters).toSorted(), via, isMasked])).digest("hex");
  const now = new Date(nowMs());
  return workspaceDb.run(workspaceId, async (db) => {
    const { rows } = await db.query<{ id: string }>(
      `insert into export (workspace_id, kind, what, format, columns, created_at, created_by, statement, parameters, statement_hash, asked_on, is_masked)
       values ($1, 'answer', $2, '', '[]', $3, $4, $5, $6, $7, $8, $9)
       on conflict (workspace_id, created_by, statement_hash, asked_on) where statement_hash is not null do update set times = export.times + 1, status = 'running' returning id`,
      [workspaceId, via, now, actor, statement, JSON.stringify(parameters), hash, now.toISOString().slice(0, 10), isMasked],
    );
    return rows[0]?.id ?? "";
  });
}
