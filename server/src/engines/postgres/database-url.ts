// A Postgres of the user's own, by URL: checked once at the start, with errors that say what to do.
import pg from "pg";
import { AppError } from "../../core/errors.ts";
import { errorCodeOf, messageOf } from "./system-error.ts";

/** server_version_num of the oldest major that is accepted. The test suite runs on 15 (by URL) and 18 (embedded). */
const VERSION_MIN = 150_000;
const CONNECT_TIMEOUT_MS = 10_000;

export function connectionOf(databaseUrl: string): pg.PoolConfig {
  return { connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS };
}

/** A connection to it. Throws AppError `engine_failed` when it can't be reached, is too old or lacks a right we need. */
export async function connectAndCheck(connection: pg.PoolConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    throw connectError(error);
  }
  try {
    await checkServer(client);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

function connectError(error: unknown): AppError {
  const detail = `DATABASE_URL: ${messageOf(error)}.`;
  return new AppError("engine_failed", { detail, hint: connectHint(errorCodeOf(error)), cause: error });
}

function connectHint(code: string | undefined): string {
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
    case "EHOSTUNREACH":
    case "ETIMEDOUT":
      return "Check that Postgres runs and listens at the host and port of DATABASE_URL.";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "Check the host's name in DATABASE_URL.";
    case "28P01":
    case "28000":
      return "Check the user and the password in DATABASE_URL, and the server's pg_hba.conf.";
    case "3D000":
      return "Make the database first: `create database <name>;`.";
    default:
      return "Check DATABASE_URL: postgres://user:password@host:5432/database.";
  }
}

export interface ServerFacts {
  readonly version: string;
  readonly version_number: number;
  readonly user_name: string;
  readonly is_readonly: boolean;
  readonly may_create: boolean;
  readonly may_make_role: boolean;
  readonly is_utf8: boolean;
  /** Whether the server's process is the one that the connection was told of; a pooler in between makes up its own. */
  readonly is_direct: boolean;
}

async function checkServer(client: pg.Client): Promise<void> {
  const toldProcessId = "processID" in client ? client.processID : null;
  const { rows } = await client.query<ServerFacts>(`select current_setting('server_version') as version,
    v.number as version_number, current_user::text as user_name,
    pg_is_in_recovery() as is_readonly,
    pg_backend_pid() = $1 as is_direct,
    current_setting('server_encoding') = 'UTF8' as is_utf8,
    coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
    case when to_regrole('tributary_app') is null then r.rolsuper or r.rolcreaterole
      else r.rolsuper or (r.rolcreaterole and v.number < 160000)
        or pg_has_role(current_user, to_regrole('tributary_app'), case when v.number < 160000 then 'member' else 'set' end)
        or exists (select from pg_auth_members m where m.roleid = to_regrole('tributary_app') and m.member = r.oid and m.admin_option)
      end as may_make_role
    from pg_roles r, lateral (select current_setting('server_version_num')::integer as number) v
    where r.rolname = current_user`, [toldProcessId]);
  const [facts] = rows;
  if (!facts) throw new AppError("engine_failed", { detail: "DATABASE_URL: the server did not say what it is." });
  const problem = problemOf(facts);
  if (problem) throw new AppError("engine_failed", problem);
}

/** What is wrong with a server, and the way out; undefined when it will do. */
export function problemOf(facts: ServerFacts): { detail: string; hint: string } | undefined {
  const user = pg.escapeIdentifier(facts.user_name);
  if (facts.version_number < VERSION_MIN) {
    return {
      detail: `DATABASE_URL: that is Postgres ${facts.version}.`,
      hint: `Use Postgres ${VERSION_MIN / 10_000} or newer.`,
    };
  }
  if (!facts.is_direct) {
    return {
      detail: "DATABASE_URL: a connection pooler stands before that server, and workspaces are kept apart by settings of a connection.",
      hint: "Use the server's own address; this program pools its connections itself.",
    };
  }
  if (facts.is_readonly) return {
    detail: "DATABASE_URL: that server is a standby and takes no writes.",
    hint: "Use the primary's address.",
  };
  if (!facts.is_utf8) return {
    detail: "DATABASE_URL: that database is not encoded as UTF8.",
    hint: "Make one: `create database <name> encoding 'UTF8' template template0;`.",
  };
  if (!facts.may_create) {
    return {
      detail: `DATABASE_URL: user ${user} may not create tables there.`,
      hint: `Run as an administrator: \`grant create, usage on schema public to ${user};\`.`,
    };
  }
  if (!facts.may_make_role) {
    return {
      detail: `DATABASE_URL: user ${user} may not make the role tributary_app, which keeps workspaces apart.`,
      hint: `Run as an administrator: \`create role tributary_app nologin; grant tributary_app to ${user};\`.`,
    };
  }
  return undefined;
}
