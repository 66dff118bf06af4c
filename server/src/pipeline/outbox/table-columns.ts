// The columns of our ClickHouse tables in the order in which rows are encoded. The INSERT names them, so a table may gain
// columns without touching blocks that wait in the outbox.

export const eventColumns = [
  "workspace_id", "event", "type", "ingest_profile_id", "profile_id", "timestamp", "received_at", "time_note", "source_id", "message_id",
  "user_id", "anonymous_id", "group_id", "outcome", "reason", "properties", "ip", "country", "locale", "timezone", "device_type", "os",
  "browser", "page_url", "page_path", "page_referrer", "campaign_source", "campaign_medium", "campaign_name", "campaign_term",
  "campaign_content", "click_ids", "library", "library_version", "is_bot", "is_internal", "is_historical", "import_id", "consent",
  "identifiers", "reference_keys", "log_partition", "row_id", "block_id", "block_row", "envelope", "raw",
] as const;

export const overrideColumns = ["workspace_id", "profile_id", "survivor_id", "row_id", "block_id", "block_row"] as const;

export const profileColumns = [
  "workspace_id", "profile_id", "row_id", "updated_at", "first_seen", "deleted", "is_anonymous", "identifiers", "traits", "consents", "accounts", "trait_times",
  "timezone", "is_human", "block_id", "block_row",
] as const;

export const audienceLogColumns = [
  "workspace_id", "audience_id", "profile_id", "at", "entered", "reason", "cause_row", "version", "seq", "block_id", "block_row",
] as const;

export const listMemberColumns = ["workspace_id", "list_id", "profile_id", "added", "row_id", "block_id", "block_row"] as const;

export const computedValueColumns = [
  "workspace_id", "trait_id", "profile_id", "value", "at", "reason", "cause_row", "version", "seq", "block_id", "block_row",
] as const;

export function insertStatement(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(", ")}) FORMAT RowBinary`;
}
