// The map of personal data: every table, column and file that can hold something about a person, with how a person's rows
// are found, exported and erased. A test holds it against the real schema of both engines, so that no column can be added
// without deciding about it here. Erasing is written down before it is built: nothing here erases by itself.

export interface PersonalDataPlace {
  readonly engine: "postgres" | "clickhouse" | "file";
  /** The table, or the path in the data directory. */
  readonly name: string;
  /** Column (or content) → what of a person it can hold. */
  readonly personal: Readonly<Record<string, string>>;
  /** Columns that can hold nothing about a person, or only an opaque position or count. */
  readonly other: readonly string[];
  readonly find: string;
  readonly export: string;
  readonly erase: string;
}

const NOTHING = { find: "Holds nothing about people.", export: "Not exported.", erase: "Not erased." };

function withoutPeople(name: string, other: readonly string[]): PersonalDataPlace {
  return { engine: "postgres", name, personal: {}, other, ...NOTHING };
}

function withoutPeopleFile(name: string): PersonalDataPlace {
  return { engine: "file", name, personal: {}, other: ["*"], ...NOTHING };
}

/** An engine's log, and the one older copy that is kept of it. */
function engineLogs(engine: string, holds: string, cutWhen: string): PersonalDataPlace[] {
  const erase = `The log becomes the older copy ${cutWhen}, and what that was is gone; to be rid of both at once, delete them while the server is stopped.`;
  return [`${engine}.log`, `${engine}.log.1`].map((name) => ({
    engine: "file", name, personal: { "*": holds }, other: [], find: "By text search.", export: "Not exported.", erase,
  }));
}

/** Rows that carry the person's own id. */
const byProfileId = {
  find: "By profile id: the person's own, and those with `merged_into` = it.",
  export: "As JSON, with the person.",
  erase: "Delete the rows, or blank the named columns, in the erasing transaction.",
};

/** Rows that carry keys of the person's identifiers. */
const byIdentifierKey = {
  find: "By the salted keys of the person's identifiers (`identifier.key`, also in the profile's document).",
  export: "As JSON, with the identifiers resolved.",
  erase: "Delete the rows by key; a tombstone with the salted keys alone stays, so that the person is not made again.",
};

/** Bytes as received, which name no person by themselves. */
const byRowId = {
  find: "By the row ids of the person's events, looked up in ClickHouse `events` by `ingest_profile_id` and `profile_id`.",
  export: "With the event, as received.",
};

const postgres: readonly PersonalDataPlace[] = [
  withoutPeople("schema_version", ["version", "name", "checksum", "applied_at"]),
  withoutPeople("install", ["only_row", "secret_check", "created_at"]),
  withoutPeople("workspace", ["id", "slug", "name", "log_partition", "created_at"]),
  withoutPeople("source", [
    "id",
    "workspace_id",
    "slug",
    "name",
    "kind",
    "enabled",
    "allowed_origins",
    "events_per_second",
    "settings",
    "created_at",
  ]),
  withoutPeople("demo_shop", [
    "workspace_id", "home_workspace_id", "seed", "people", "from_ms", "until_ms", "total", "appended", "pace", "paused", "live_ms", "live_calls", "failure", "made_at",
  ]),
  {
    engine: "postgres",
    name: "demo_answer",
    personal: { actor: "the opaque id of who answered", answer: "the id of an invented person" },
    other: ["workspace_id", "scenario", "at"],
    find: "By the account's id.",
    export: "Not exported.",
    erase: "Goes with the demo shop.",
  },
  withoutPeople("removed_workspace", [
    "workspace_id", "slug", "name", "partition", "home_workspace_id", "asked_at", "row_id", "blocks_below", "rows_removed", "done_at",
  ]),
  withoutPeople("write_key", ["id", "workspace_id", "source_id", "key_hash", "prefix", "created_at", "revoked_at", "expires_at"]),
  withoutPeople("key_use", ["workspace_id", "source_id", "key_id", "hour", "sdk", "version", "requests", "events", "last_at"]),
  {
    engine: "postgres",
    name: "api_token",
    personal: { name: "a name for the token, which may name the person who uses it" },
    other: ["id", "workspace_id", "token_hash", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "made_by"],
    find: "By the name, by hand: it is about the workspace's staff, not its customers.",
    export: "Through GET /api/v1/tokens.",
    erase: "Rename the token.",
  },
  {
    engine: "postgres",
    name: "auth_user",
    personal: { name: "the name of somebody who works here", email: "their address", image: "unused" },
    other: ["id", "email_verified", "created_at", "updated_at", "is_operator", "two_factor_enabled"],
    find: "By the address: it is about the workspaces' staff, not their customers.",
    export: "Through GET /api/v1/members.",
    erase: "Delete the row; password, sessions and memberships go with it. The audit log keeps the opaque id.",
  },
  {
    engine: "postgres",
    name: "auth_session",
    personal: { ip_address: "where somebody signed in from", user_agent: "the browser they used" },
    other: ["id", "token", "user_id", "expires_at", "created_at", "updated_at"],
    find: "By `user_id`.",
    export: "Through GET /api/auth/list-sessions, to the account itself.",
    erase: "Deleted at sign-out and when the password is reset; one whose time is up, when the next person signs in.",
  },
  {
    engine: "postgres",
    name: "auth_account",
    personal: {
      password: "a salted hash of a password", account_id: "our own opaque id, or the id at the provider of single sign-on",
      access_token: "unused", refresh_token: "unused", id_token: "unused",
    },
    other: ["id", "provider_id", "user_id", "access_token_expires_at", "refresh_token_expires_at", "scope", "created_at", "updated_at"],
    find: "By `user_id`.",
    export: "Not exported: it is a secret.",
    erase: "Goes with the row of `auth_user`.",
  },
  {
    engine: "postgres",
    name: "auth_verification",
    personal: { identifier: "unused", value: "the opaque id of an account whose code is awaited" },
    other: ["id", "expires_at", "created_at", "updated_at"],
    find: "By the account's id.",
    export: "Not exported: minutes in the middle of signing in.",
    erase: "Used up by signing in; one whose time is up, when the next person signs in.",
  },
  {
    engine: "postgres",
    name: "auth_two_factor",
    personal: { secret: "what somebody's codes are made from, sealed", backup_codes: "recovery codes, sealed" },
    other: ["id", "user_id", "verified", "failed_verification_count", "locked_until"],
    find: "By `user_id`.",
    export: "Not exported: it is a secret.",
    erase: "Goes with the row of `auth_user`, or when the second factor is switched off.",
  },
  {
    engine: "postgres",
    name: "password_reset",
    personal: { account_id: "the opaque id of an account" },
    other: ["token_hash", "expires_at"],
    find: "By the account's id.",
    export: "Not exported: it is a secret.",
    erase: "Goes when it is used, with the row of `auth_user`, and once its time is up when the next person signs in.",
  },
  {
    engine: "postgres",
    name: "invitation",
    personal: { email: "the address of somebody who may join", by_whom: "the opaque id of who invited" },
    other: ["id", "workspace_id", "role", "token_hash", "created_at", "expires_at"],
    find: "By the address: it is about the workspace's staff, not its customers.",
    export: "Through GET /api/v1/invitations.",
    erase: "Goes when it is taken up or withdrawn.",
  },
  {
    engine: "postgres",
    name: "member",
    personal: { account_id: "the opaque id of an account", by_whom: "the opaque id of who took them in" },
    other: ["workspace_id", "role", "since"],
    find: "By the account's id.",
    export: "Through GET /api/v1/members.",
    erase: "Goes with the row of `auth_user`; `by_whom` stays as an opaque id.",
  },
  {
    engine: "postgres",
    name: "rejected_key",
    personal: { origin: "the address of the site that sent it" },
    other: ["key_prefix", "sdk", "reason", "count", "first_at", "last_at"],
    find: "No person's rows can be told apart.",
    export: "Not exported.",
    erase: "The oldest rows are dropped when the table is full.",
  },
  {
    engine: "postgres",
    name: "audit_log",
    personal: {
      actor: "who made the change",
      target: "`profile:<id>`: the person it was made to",
      detail: "names of traits and consent categories, an operator's reason; never values",
    },
    other: ["id", "workspace_id", "at", "action"],
    find: "By target `profile:<id>`, for the person's id and those merged into it.",
    export: "As JSON: who changed what about the person.",
    erase: "The entry stays as proof of the change; `detail` is blanked.",
  },
  {
    engine: "postgres",
    name: "field",
    personal: { path: "a field's name, which a sender may have made from a value", event: "likewise", description: "words of the staff", owner: "who answers for it", decided_by: "the opaque id of who decided" },
    other: ["workspace_id", "place", "personal", "kind", "decided_at"],
    find: "By text search.",
    export: "Not exported: names of fields, not of people.",
    erase: "Delete the row; the field is undecided then, and masked.",
  },
  {
    engine: "postgres",
    name: "idempotency_key",
    personal: { response: "the answer of a request, sealed by a key that is not stored" },
    other: ["workspace_id", "key", "request_hash", "status", "created_at"],
    find: "Can't be read without the caller's token and key.",
    export: "Not exported: it repeats what was answered.",
    erase: "Deleted whole by the first request with such a key, of any workspace, that comes after 24 hours.",
  },
  withoutPeople("log_head", ["partition", "next_offset", "segment"]),
  withoutPeople("log_segment", ["segment", "opened_at", "closed_at"]),
  withoutPeople("log_segment_start", ["segment", "partition", "first_offset"]),
  {
    engine: "postgres",
    name: "log_chunk",
    personal: { body: "events as received, with the sender's address and user agent" },
    other: ["segment", "partition", "chunk_offset", "positions"],
    ...byRowId,
    erase: "Whole segments are dropped at the log's horizon (72 hours or 20 GB unless set otherwise); an erasure is clean here after that.",
  },
  withoutPeople("log_offset", ["reader", "partition", "next_offset", "epoch", "now_ms", "next_block"]),
  {
    engine: "postgres",
    name: "vocabulary",
    personal: { vocabulary: "names of events and properties, which a sender may have made from a value", author: "the opaque id of who changed it" },
    other: ["workspace_id", "version", "at"],
    find: "By text search.",
    export: "Not exported: names of events, not of people.",
    erase: "Delete the rows; names are recognised then.",
  },
  withoutPeople("pipeline_config", ["workspace_id", "settings", "sources", "row_id"]),
  {
    engine: "postgres",
    name: "property_path",
    personal: { path: "a property's name, which a sender may have made from a value" },
    other: ["workspace_id", "row_id"],
    find: "By text search.",
    export: "Not exported: names of properties, not of people.",
    erase: "Delete the path; the column's values go with the events.",
  },
  {
    engine: "postgres",
    name: "message_seen",
    personal: { id: "a hash of workspace, source and message id" },
    other: ["day"],
    find: "By the hash of the message ids of the person's events.",
    export: "Not exported: a hash.",
    erase: "Whole days are dropped when the window has passed.",
  },
  {
    engine: "postgres",
    name: "profile",
    personal: {
      id: "the person's id",
      merged_into: "who the person is now",
      ingest_ids: "ids under which events stand",
      doc: "traits, identifiers, consents, accounts, devices, latest events",
    },
    other: ["workspace_id", "first_row", "updated_row", "suppressed"],
    ...byProfileId,
    erase: "Blank `doc`; the id stays as a tombstone with `suppressed`.",
  },
  {
    engine: "postgres",
    name: "identifier",
    personal: {
      key: "salted hash of the identifier",
      value: "the identifier",
      profile_id: "whose it is",
      yielded_to: "people it was seen with",
    },
    other: ["workspace_id", "namespace", "shared", "splits", "first_row", "first_at", "source_id"],
    find: byIdentifierKey.find,
    export: byIdentifierKey.export,
    erase: "Blank `value`; the salted key stays, so that the person is not made again.",
  },
  {
    engine: "postgres",
    name: "identity_edge",
    personal: { a: "salted key", b: "salted key" },
    other: ["workspace_id", "kind", "row_id", "at", "source_id"],
    ...byIdentifierKey,
  },
  {
    engine: "postgres",
    name: "cannot_link",
    personal: { identifier_key: "salted key" },
    other: ["workspace_id", "split_id", "side"],
    ...byIdentifierKey,
  },
  {
    engine: "postgres",
    name: "merge_log",
    personal: {
      survivor: "the person",
      other: "the one merged or split off",
      identifier_key: "salted key",
      detail: "what was joined or refused",
    },
    other: ["workspace_id", "row_id", "step", "kind", "at", "reason"],
    ...byProfileId,
  },
  {
    engine: "postgres",
    name: "quarantine",
    personal: {
      message_id: "may be made from a person's data by the sender",
      event: "the event's name",
      detail: "why it was held; may quote a name of a field",
    },
    other: ["workspace_id", "row_id", "source_id", "received_at", "reason", "status"],
    find: byRowId.find,
    export: byRowId.export,
    erase: "Delete the rows by row id.",
  },
  withoutPeople("observed_place", ["partition", "block_id"]),
  {
    engine: "postgres",
    name: "observed_event",
    personal: { event: "a sender may put a value into the name" },
    other: ["id", "workspace_id", "type", "count", "first_at", "last_at"],
    find: "By text search.",
    export: "Not exported: names of events, not of people.",
    erase: "Delete the row; its counts of days go with it.",
  },
  {
    engine: "postgres",
    name: "observed_field",
    personal: { event: "a sender may put a value into the name", path: "a field's name, which a sender may have made from a value" },
    other: [
      "id", "workspace_id", "place", "count", "as_text", "as_number", "as_boolean", "as_list", "as_objects", "first_at", "last_at", "sampled", "looks",
    ],
    find: "By text search.",
    export: "Not exported: names of fields, not of people.",
    erase: "Delete the row; its counts of days and its examples go with it.",
  },
  withoutPeople("observed_event_day", ["workspace_id", "event_id", "day", "count"]),
  withoutPeople("observed_field_day", ["workspace_id", "field_id", "day", "count", "as_text", "as_number", "as_boolean", "as_list", "as_objects"]),
  withoutPeople("observed_beyond", ["workspace_id", "events", "fields", "at"]),
  {
    engine: "postgres",
    name: "observed_example",
    personal: { value: "a value as it was sent, cut to a length", profile_id: "the person when it came in" },
    other: ["workspace_id", "field_id", "import_id", "row_id", "at"],
    find: "By `profile_id`: any of the person's `profile.ingest_ids`.",
    export: "Not exported: the events are.",
    erase: "Deleted when the person is suppressed, their import withdrawn or their event expired; until that is counted, no answer shows a suppressed person's.",
  },
  withoutPeople("dedupe_window", ["only_row", "days", "first_day"]),
  withoutPeople("expired_events", ["workspace_id", "before", "events", "row_id"]),
  withoutPeople("freshness", ["workspace_id", "minute", "span", "count"]),
  withoutPeople("ledger", ["workspace_id", "source_id", "minute", "hop", "outcome", "reason", "count"]),
  {
    engine: "postgres",
    name: "ch_outbox",
    personal: { body: "rows of `events` and `profiles` on their way to ClickHouse", statement: "may name profile ids" },
    other: ["block_id", "partition", "kind", "table_name", "schema_version", "rows", "counts", "created_at", "sent_at"],
    ...byRowId,
    erase: "Blocks are deleted a while after they landed; an erasure is clean here after that.",
  },
  {
    engine: "postgres",
    name: "ch_refused",
    personal: {
      body: "a row that ClickHouse refused; emptied a while after it has landed",
      content: "what the API tells of an event, its payload as received included; emptied a while after it has landed",
      reason: "what ClickHouse said, which may quote a value",
      statement: "may name profile ids",
      message_id: "may be made from a person's data by the sender",
      event: "the event's name",
      profile_id: "the person that the row is about",
    },
    other: [
      "block_id", "block_row", "table_name", "at", "workspace_id", "partition", "kind", "status", "code", "cause", "detail", "row_id", "source_id",
      "received_at", "happened_at", "outcome", "outcome_reason", "is_counted", "resolved_at",
    ],
    find: "By `profile_id`: the person's own, and those with `merged_into` = it.",
    export: "With the event, as received: `content` holds it.",
    erase: "Delete the rows by (block_id, block_row).",
  },
  {
    engine: "postgres",
    name: "ingest_share",
    personal: { ingest_id: "a person's former id", profile_id: "a person it was divided among" },
    other: ["workspace_id"],
    ...byProfileId,
  },
  {
    engine: "postgres",
    name: "import",
    personal: {
      name: "the file's name", mapping: "constants that a mapping sets", checkpoint: "lines of groups not yet complete", created_by: "who made it", withdrawn_by: "who took it back",
    },
    other: [
      "id",
      "workspace_id",
      "source_id",
      "status",
      "content_hash",
      "historical",
      "dry_run",
      "lines",
      "accepted",
      "refused",
      "skipped",
      "file",
      "bytes_done",
      "failure",
      "created_at",
      "updated_at",
      "withdrawn_row",
    ],
    find: "By the import ids of the person's events (`events.import_id`).",
    export: "Not exported: the events are.",
    erase: "The checkpoint is emptied when the import ends.",
  },
  {
    engine: "postgres",
    name: "import_error",
    personal: { message: "what is wrong with a line; may quote a value of it" },
    other: ["workspace_id", "import_id", "file", "line", "code"],
    find: "By import id and line of the person's file, by hand: a refused line made no event.",
    export: "Through GET /api/v1/imports.",
    erase: "Delete the rows of the import.",
  },
];

/** ClickHouse rewrites whole parts, so erasing runs in batches; until then the rows are hidden from every answer. */
const MUTATION = "ALTER TABLE … DELETE in one batch per workspace; hidden from every answer from the moment of suppression.";

const clickhouse: readonly PersonalDataPlace[] = [
  { engine: "clickhouse", name: "schema_version", personal: {}, other: ["version", "name", "applied_at"], ...NOTHING },
  {
    engine: "clickhouse",
    name: "events",
    personal: {
      event: "a sender may put a value into the name",
      ingest_profile_id: "the person when it came in",
      profile_id: "the person now",
      message_id: "may be made from a person's data",
      user_id: "identifier",
      anonymous_id: "identifier",
      group_id: "the account",
      properties: "anything that was sent",
      ip: "the sender's address, as its source keeps it",
      country: "where",
      locale: "language",
      timezone: "where",
      device_type: "device",
      os: "device",
      browser: "device",
      page_url: "may hold identifiers in its query",
      page_path: "may hold identifiers",
      page_referrer: "may hold identifiers",
      campaign_source: "as sent",
      campaign_medium: "as sent",
      campaign_name: "as sent",
      campaign_term: "as sent",
      campaign_content: "as sent",
      click_ids: "ids of clicks",
      consent: "decisions",
      identifiers: "first 64 bits of salted keys",
      reference_keys: "first 64 bits of hashes of order, receipt and ticket numbers",
      envelope: "address, user agent and batch context; of an event of a suppressed person only the salted keys by which it was dropped",
      raw: "the event as received",
    },
    other: [
      "workspace_id",
      "type",
      "timestamp",
      "received_at",
      "time_note",
      "source_id",
      "outcome",
      "reason",
      "library",
      "library_version",
      "is_bot",
      "is_internal",
      "is_historical",
      "import_id",
      "log_partition",
      "row_id",
      "block_id",
      "block_row",
    ],
    find:
      "By `ingest_profile_id` in the person's ingest ids and `profile_id` in their ids; held and dropped events by " +
      "`has(identifiers, <key>)`.",
    export: "Payload as received, with its outcome.",
    erase: MUTATION,
  },
  {
    engine: "clickhouse",
    name: "profile_override",
    personal: { profile_id: "a former id", survivor_id: "who it is now" },
    other: ["workspace_id", "row_id", "block_id", "block_row"],
    find: "By both ids.",
    export: "Not exported: opaque ids.",
    erase: MUTATION,
  },
  {
    engine: "clickhouse",
    name: "profiles",
    personal: { profile_id: "the person", identifiers: "identifiers", traits: "traits", first_seen: "when", updated_at: "when" },
    other: ["workspace_id", "row_id", "deleted", "is_anonymous", "block_id", "block_row"],
    find: "By `profile_id` in the person's ids.",
    export: "Not exported: a copy of the profile's document.",
    erase: MUTATION,
  },
];

const files: readonly PersonalDataPlace[] = [
  {
    engine: "file",
    name: "postgres",
    personal: { "*": "the tables above, the write-ahead log, and rows deleted but not yet vacuumed" },
    other: [],
    find: "Through the tables.",
    export: "Through the tables.",
    erase: "VACUUM and the recycling of the write-ahead log after the rows are deleted.",
  },
  {
    engine: "file",
    name: "postgres.new",
    personal: {},
    other: ["*"],
    find: "An empty cluster that is being made; it becomes `postgres`.",
    export: "Not exported.",
    erase: "Removed at the next start when it was left unfinished.",
  },
  {
    engine: "file",
    name: "clickhouse",
    personal: { "*": "parts of the tables above, also those replaced and kept for a while, and those frozen while a copy is made" },
    other: [],
    find: "Through the tables.",
    export: "Through the tables.",
    erase: "After the mutation, old parts are removed by ClickHouse.",
  },
  {
    engine: "file",
    name: "clickhouse-inserts",
    personal: { "*": "blocks on their way into ClickHouse, for the moment of the insert" },
    other: [],
    find: "Through the tables.",
    export: "Not exported.",
    erase: "Removed after each insert, and at every start.",
  },
  {
    engine: "file",
    name: "clickhouse-backups",
    personal: { "*": "copies of the tables, where a backup was made" },
    other: [],
    find: "By restoring the copy.",
    export: "Not exported.",
    erase: "Delete copies that are older than the erasure; restoring one applies erasures again.",
  },
  ...engineLogs("postgres", "an error of Postgres may quote a value; statements and parameters are not logged", "at a start, beyond 10 MB"),
  ...engineLogs("clickhouse", "an error of ClickHouse may quote a value", "every minute, beyond 8 MB"),
  {
    engine: "file",
    name: "restoring",
    personal: { "*": "the files of a copy, while it is being restored" },
    other: [],
    find: "By finishing the restore.",
    export: "Not exported.",
    erase: "Moved to their places when the restore is finished; removed when it is begun anew.",
  },
  withoutPeopleFile("postgres.password"),
  // For the moment in which the cluster is made.
  withoutPeopleFile("postgres.new.password"),
  withoutPeopleFile("postgres.socket-folder"),
  withoutPeopleFile("clickhouse-config.xml"),
  withoutPeopleFile("clickhouse.pid"),
  withoutPeopleFile("server.lock"),
  withoutPeopleFile("server.pid"),
  withoutPeopleFile("running"),
  {
    engine: "file",
    name: "restoring",
    personal: { "*": "a copy of the data directory that is being put back" },
    other: [],
    find: "Through the tables, once it is restored.",
    export: "Not exported.",
    erase: "Becomes the data directory, or is removed by the next restore.",
  },
  withoutPeopleFile("cache"),
  // The address of the running server and the token of its command line, for the owner of the directory alone.
  withoutPeopleFile("server.json"),
  // Without it, salted keys can't be turned back into identifiers by trying values; it is never given away.
  withoutPeopleFile("secret"),
  withoutPeopleFile("secret.new"),
];

export const personalDataMap: readonly PersonalDataPlace[] = [...postgres, ...clickhouse, ...files];
