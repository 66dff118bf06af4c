// Computed traits as they stand in Postgres.
import type { ClientBase } from "pg";
import { computedDefinition, type ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { rfmState, type RfmState } from "@tributary/schema/audience/computed/rfm.ts";
import { AppError } from "../../core/errors.ts";
import type { Value } from "./value-of.ts";

type ComputedStatus = "filling" | "active" | "failed" | "archived";

export interface StoredComputed {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: ComputedDefinition;
  readonly version: number;
  readonly state: RfmState | undefined;
  readonly status: ComputedStatus;
  /** The value of somebody of whom nothing is known; null: not set. */
  readonly rest: Value | null;
  readonly problem: string | null;
  readonly people: number;
  readonly filledAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

interface Row extends Omit<StoredComputed, "definition" | "state"> {
  readonly definition: unknown;
  readonly state: unknown;
}

const COLUMNS = `id, slug, name, description, folder, definition, version, state, status, rest, problem, people::float8 as people, filled_at as "filledAt",
  created_at as "createdAt", created_by as "createdBy", updated_at as "updatedAt", updated_by as "updatedBy"`;

/** By name. */
export async function readComputed(db: ClientBase, workspaceId: number): Promise<StoredComputed[]> {
  const { rows } = await db.query<Row>({ name: "computed-traits", text: `select ${COLUMNS} from computed_trait where workspace_id = $1 order by lower(name), id`, values: [workspaceId] });
  return rows.map(read);
}

export async function presentComputed(db: ClientBase, workspaceId: number, slug: string): Promise<StoredComputed> {
  const { rows } = await db.query<Row>({ name: "computed-trait", text: `select ${COLUMNS} from computed_trait where workspace_id = $1 and slug = $2`, values: [workspaceId, slug] });
  const [row] = rows;
  if (row === undefined) throw new AppError("not_found", { detail: `There is no computed trait \`${slug}\`.`, hint: "Look at the slugs of GET /computed-traits." });
  return read(row);
}

/** It was checked when it was saved; reading puts in what the grammar has got since. */
function read(row: Row): StoredComputed {
  return { ...row, definition: computedDefinition.parse(row.definition), state: rfmState.safeParse(row.state).data };
}

interface ComputedVersion {
  readonly version: number;
  readonly definition: ComputedDefinition;
  readonly at: Date;
  readonly author: string;
}

/** The newest first. */
export async function readComputedVersions(db: ClientBase, traitId: number): Promise<ComputedVersion[]> {
  const { rows } = await db.query<ComputedVersion>("select version, definition, at, author from computed_trait_version where trait_id = $1 order by version desc", [traitId]);
  return rows.map((row) => ({ ...row, definition: computedDefinition.parse(row.definition) }));
}
