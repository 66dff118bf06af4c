// Models: queries whose rows have a key, their runs, and what of the rows changed; and the warehouses that they read.
import { count, plural } from "../words.ts";
import { locale } from "../language.ts";

const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: "percent" });
const seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

type Schedule = { readonly cron: string; readonly zone: string } | { readonly everyMinutes: number } | { readonly afterImport: string };

export const models = {
  title: "Models", make: "New model", what: "A model reads rows by a query, again and again, and sends on what of them changed.",
  sentence: (all: number, asking: number, failed: number) =>
    `${plural(all, "model", "models")}${asking === 0 ? "" : `, ${count(asking)} ${asking === 1 ? "waits" : "wait"} for an answer`}${failed === 0 ? "" : `; the last run of ${count(failed)} failed`}.`,
  find: "Find a model", show: "Which models", shows: { active: "In use", archived: "Archived" }, ownTables: "Tributary's own tables", figure: (n: number) => short.format(n),
  columns: { name: "Name", reads: "Reads", state: "Last run", result: "State", found: "Changed", rows: "Rows", last: "When", next: "Next run", at: "Begun", cause: "Why", took: "Took", why: "What was said", change: "Change", key: "Row", what: "What" },
  statuses: { waiting: "Waits its turn", reading: "Reading", comparing: "Comparing", asking: "Waits for you", done: "Done", failed: "Failed", stopped: "Stopped" },
  causes: { schedule: "By its schedule", manual: "By hand", import: "After an import", forget: "Somebody is forgotten" },
  changes: { added: "Added", changed: "Changed", removed: "Removed" }, would: { added: "Would be added", changed: "Would change", removed: "Would be removed" }, anyChange: "Every change",
  never: "Never run", none: "No models yet",
  noneText: "Write a query over your warehouse or over Tributary's own tables, and name its key. Each run compares the rows with those before, and subscriptions of destinations send what was added, changed or removed.",
  noMatch: "No model fits", noMatchText: "Try other words.", clear: "Show all",
  tabs: { runs: "Runs", rows: "Rows", definition: "Definition" },
  hasRows: (n: number) => plural(n, "row", "rows"), byHand: "Runs by hand", waits: "Runs after the next import", paused: "Its schedule is paused", nextRun: "Next run {when}",
  edit: "Edit", run: "Run now", stop: "Stop", readSoFar: (n: number) => `${plural(n, "row", "rows")} read`,
  foundText: { added: (n: number) => `${plural(n, "row", "rows")} added`, changed: (n: number) => `${plural(n, "row", "rows")} changed`, removed: (n: number) => `${plural(n, "row", "rows")} removed` },
  asks: "This run waits for you before anything of it is in force", failed: "The last run failed; nothing of it is in force", failedHint: "Mend the query or the warehouse, and run it again.", lines: (lines: readonly number[]) => `${lines.length === 1 ? "row" : "rows"} ${lines.map((line) => count(line)).join(", ")}`,
  look: "Look at the rows", accept: "Take it", refuse: "Refuse it",
  seconds: (n: number) => `${seconds.format(n)} s`, noRuns: "No runs yet", noRunsText: "Run it now, or wait for its schedule. The first run asks before anything is sent.",
  noChanges: "No changed rows", noChangesText: "Rows that a run finds added, changed or removed stand here.", noChangesShown: "None of these.", ofRun: (run: number) => `Run ${run}`,
  row: "Row", suppressed: "About somebody who is suppressed: not shown.", skipped: (lines: number) => plural(lines, "line", "lines"), notSent: "Sent nowhere.",
  percent: (share: number) => percent.format(share), fed: "Became events", changedBy: "Changed",
  fedText: (events: number, passed: number) => `${plural(events, "event", "events")}${passed === 0 ? "" : `, ${count(passed)} passed over`}.`,
  scheduleText: (schedule: Schedule | undefined) => (schedule === undefined ? "By hand" : "cron" in schedule ? `${schedule.cron} (${schedule.zone})` : "everyMinutes" in schedule ? `Every ${plural(schedule.everyMinutes, "minute", "minutes")}` : `After each import into ${schedule.afterImport}`),
  feedText: (call: string, source: string) => `${call} calls of the source ${source}`,
  enabled: "Its schedule runs, and its rows become events", archive: "Archive", archived: "The model is archived.", archiveTitle: (name: string) => `Archive the model “${name}”?`,
  archiveText: (n: number) => `It runs no more, and subscriptions to its ${plural(n, "row", "rows")} send nothing more. What was sent stays where it is. There is no way back: make another one instead.`,
  form: {
    sentence: "What the query gives now is compared with what it gave before, row by row, by the key.",
    query: "Query", name: "Name", warehouse: "Where it reads", sql: "SQL", files: "Files", sqlHint: "One query that reads, in the words of that warehouse.", ownHint: "One SELECT over your own tables: profiles, events, audiences and more.", filesHint: "Names of files, with * for any part: exports/customers-*.csv",
    preview: "Preview the first rows", previewFirst: "Preview the query to choose among its columns.", rows: "Rows", key: "Key", keyHint: "Columns that together tell each row from all others.",
    person: "About whom", personHint: "The column that names the person, so that consent and suppression hold and their page shows what was sent.", nobody: "Nobody", namespace: "Kind of identifier", namespaceHint: "Such as user_id or email.",
    schedule: "When it runs", when: "When", schedules: { none: "By hand", minutes: "Every so many minutes", cron: "By the clock", import: "After an import" }, minutes: "Minutes", cron: "Minute, hour, day, month, weekday", cronHint: (zone: string) => `By the clock of ${zone}. 0 6 * * 1: Mondays at six.`,
    stopShare: "Stop and ask", stopHint: "When a run would remove more than this part of the rows.", feeds: "What rows become here", noFeed: "Nothing: they go to destinations alone", feedsHint: "Rows may also become people, accounts or events of this workspace, like those of any source.", call: "As",
    calls: { none: "Nothing", identify: "People (identify)", group: "Accounts (group)", track: "Events (track), each row once" }, source: "Source", choose: "Choose one", none: "None", userId: "User id", groupId: "Account id", event: "Name of the event",
    sample: (rows: number, isCut: boolean, took: number) => `${isCut ? `The first ${plural(rows, "row", "rows")}` : plural(rows, "row", "rows")}, in ${seconds.format(took)} s.`, save: "Save", make: "Make the model", then: "Nothing is read before you run it, and the first run asks before anything is sent.",
  },
  warehouse: {
    title: "Warehouses", add: "Add a warehouse", none: "No warehouse yet", noneText: "Models can read Tributary's own tables without one. Add the database or the files that you keep elsewhere.", kind: "Kind", name: "Name",
    columns: { name: "Name", kind: "Kind", slug: "Called by models", by: "Changed by", at: "Changed" }, saveAndTest: "Save and test", works: "It can be read.", remove: "Archive", removed: "The warehouse is archived.", inUse: (n: number) => `${plural(n, "model reads", "models read")} it.`,
    provenServer: "Tried against a real server.", provenDocumentation: "Tried against what its documentation says, not against the service itself.",
  },
};
