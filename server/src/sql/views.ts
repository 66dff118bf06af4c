// The named views of a workspace: people as they are now, what they did, and what was decided about them. The workspace is a number that
// this program writes into each view; nothing of a statement has a say in it.
import { maskKindOf, maskWithin } from "../governance/governance.ts";
import { assert } from "../core/errors.ts";
import type { Facts } from "./facts.ts";
import { eventViews, fieldColumns, type Shown } from "./event-views.ts";
import { emptyOrHiddenSql, maskEmailsSql, maskNullable, maskSql, maskWithinSql } from "./mask-sql.ts";
import { deliveredRow, modelViews } from "./model-views.ts";
import { systemViews } from "./system-views.ts";
import { deletedOf, jsonText, livePeople, maskedJsonText, personOf, storedEvents, tableOf, withPeople, wordOf } from "./view-parts.ts";
import { column, personal, type View, type ViewColumn } from "./view.ts";
import { quoted } from "./written.ts";

/** `isMasked`: as those see them who may not see people. */
export function viewsOf(facts: Facts, isMasked: boolean): ReadonlyMap<string, View> {
  assert(Number.isSafeInteger(facts.workspaceId) && facts.workspaceId > 0, "views are of one workspace");
  const shown = isMasked ? maskWithin : (name: string) => name;
  const base = [profiles(facts, shown), identifiers(facts), accountMembers(facts), consent(facts), events(facts), audiences(facts), audienceMembers(facts), audienceLog(facts), computedTraits(facts), deliveries(facts), ...modelViews(facts)];
  const clear = [...base, ...eventViews(facts, eventColumns(facts), { reserved: new Set(base.map(({ name }) => name)), shown })];
  const all = isMasked ? clear.map((view) => ({ ...view, columns: view.columns.map(masked) })) : clear;
  return new Map([...all, ...systemViews(all)].map((view) => [view.name, view]));
}

function masked(one: ViewColumn): ViewColumn {
  return one.masked === undefined ? one : { ...one, sql: one.masked, type: one.maskedType ?? one.type };
}

function profiles(facts: Facts, shown: Shown): View {
  const first = (namespace: string): string => {
    const prefix = `${namespace}:`;
    return `nullIf(substring(arrayFirst(__i -> startsWith(__i, ${quoted(prefix)}), __p.identifiers), ${prefix.length + 1}), '')`;
  };
  const own = [
    personal("profile_id", "UUID", "__p.profile_id", "The person, as they are after all merges."),
    column("is_anonymous", "UInt8", "__p.is_anonymous", "1: nothing is known but devices."),
    column("first_seen", "DateTime64(3, 'UTC')", "__p.first_seen", "When the first event came."),
    column("updated_at", "DateTime64(3, 'UTC')", "__p.updated_at", "When a trait, an identifier or a consent changed last."),
    personal("user_id", "Nullable(String)", first("user_id"), "The first identifier of that kind.", maskNullable("id", first("user_id"))),
    personal("email", "Nullable(String)", first("email"), "The first identifier of that kind.", maskNullable("email", first("email"))),
    personal("phone", "Nullable(String)", first("phone"), "The first identifier of that kind.", maskNullable("phone", first("phone"))),
    column("time_zone", "String", "cast(__p.timezone as String)", "Of the person, where it is known."),
    column("is_human", "UInt8", "__p.is_human", "1: something came that was neither a bot's nor internal."),
    personal("accounts", "Array(String)", "__p.accounts", "Ids of accounts (groups).", `arrayMap(__a -> ${maskSql("id", "__a")}, __p.accounts)`),
    personal("traits", "String", jsonText("__p.traits"), "All traits as JSON.", maskedJsonText("__p.traits", facts, "trait", "")),
  ];
  return {
    name: "profiles", kind: "base", about: "Everybody, one row each, with their traits.",
    columns: [...own, ...fieldColumns(facts, { place: "trait", event: "", json: "__p.traits", taken: own, shown })],
    from: () => livePeople(facts, "__p"),
  };
}

function identifiers(facts: Facts): View {
  const namespace = "substring(__i, 1, position(__i, ':') - 1)";
  const value = "substring(__i, position(__i, ':') + 1)";
  const masked = `multiIf(${namespace} = 'email', ${maskSql("email", value)}, ${namespace} = 'phone', ${maskSql("phone", value)}, ${maskSql("id", value)})`;
  return {
    name: "identifiers", kind: "base", about: "What people are known by, one row for each identifier.",
    columns: [
      personal("profile_id", "UUID", "__p.profile_id", "The person."),
      column("namespace", "String", namespace, "email, phone, user_id, anonymous_id, or one of the workspace's own."),
      personal("value", "String", value, "As it is compared: normalised.", masked),
    ],
    from: () => `(select __q.profile_id as profile_id, arrayJoin(__q.identifiers) as __i from ${livePeople(facts, "__q")}) as __p`,
  };
}

function accountMembers(facts: Facts): View {
  return {
    name: "account_members", kind: "base", about: "Who belongs to which account (group), one row for each person and account.",
    columns: [personal("profile_id", "UUID", "__p.profile_id", "The person."), personal("account_id", "String", "__p.__a", "As group calls named it.", maskSql("id", "__p.__a"))],
    from: () => `(select __q.profile_id as profile_id, arrayJoin(__q.accounts) as __a from ${livePeople(facts, "__q")}) as __p`,
  };
}

function consent(facts: Facts): View {
  return {
    name: "consent", kind: "base", about: "What people consented to, as it is now: a row for each person and category that anything is known of.",
    columns: [
      personal("profile_id", "UUID", "__p.profile_id", "The person."),
      column("category", "String", "cast(__c.1 as String)", "Of consent, such as marketing."),
      column("granted", "UInt8", "__c.2", "1: granted, 0: refused or withdrawn."),
    ],
    from: () => `(select __q.profile_id as profile_id, arrayJoin(arrayZip(mapKeys(__q.consents), mapValues(__q.consents))) as __c from ${livePeople(facts, "__q")}) as __p`,
  };
}

/** Of the view of all events; the views of single events have the same ones but the name. */
function eventColumns(facts: Facts): readonly ViewColumn[] {
  const context = (name: string, about: string): ViewColumn => {
    const sql = `cast(__e.${name} as String)`;
    const at = contextFields.get(name) ?? name;
    const isPersonal = facts.decisions.isPersonal("context", "", at);
    return (isPersonal ? personal : column)(name, "String", sql, about, isPersonal ? maskSql(maskKindOf(at), sql) : maskEmailsSql(sql));
  };
  const id = (name: string, about: string): ViewColumn => personal(name, "String", `__e.${name}`, about, maskSql("id", `__e.${name}`));
  return [
    personal("message_id", "String", "__e.message_id", "As the sender numbered it.", maskWithinSql("__e.message_id")),
    column("type", "String", "cast(__e.type as String)", "track, page, screen, identify, group or alias."),
    column("timestamp", "DateTime64(3, 'UTC')", "__e.timestamp", "When it happened."),
    column("received_at", "DateTime64(3, 'UTC')", "__e.received_at", "When it came."),
    personal("profile_id", "UUID", personOf(facts, "__e"), "Who it was, after all merges; all zeros: nobody."),
    id("user_id", "As the event said."), id("anonymous_id", "As the event said."), id("group_id", "The account, as the event said."),
    column("source", "String", wordOf("__e.source_id", facts.sources), "Where it came from."),
    context("country", "Two letters, as the address of the computer tells."), context("locale", "Of the device."), context("timezone", "Of the device."),
    context("device_type", "mobile, tablet, desktop …"), context("os", "Operating system."), context("browser", "Browser."),
    context("page_url", "Address of the page."), context("page_path", "Its path."), context("page_referrer", "Where the visitor came from."),
    context("campaign_source", "utm_source"), context("campaign_medium", "utm_medium"), context("campaign_name", "utm_campaign"), context("campaign_term", "utm_term"),
    context("campaign_content", "utm_content"), context("library", "That sent it."), context("library_version", "Its version."),
    column("is_bot", "UInt8", "__e.is_bot", "1: a program's."), column("is_internal", "UInt8", "__e.is_internal", "1: of people who work here."),
    column("is_historical", "UInt8", "__e.is_historical", "1: imported, of a time before."),
  ];
}

const contextFields: ReadonlyMap<string, string> = new Map([
  ["device_type", "device.type"], ["os", "os.name"], ["browser", "browser.name"], ["library", "library.name"], ["library_version", "library.version"], ["page_url", "page.url"],
  ["page_path", "page.path"], ["page_referrer", "page.referrer"], ...["source", "medium", "name", "term", "content"].map((name) => [`campaign_${name}`, `campaign.${name}`] as const),
]);

function events(facts: Facts): View {
  const [first, second, ...rest] = eventColumns(facts);
  assert(first !== undefined && second !== undefined, "events have columns");
  return {
    name: "events", kind: "base", about: "Every event once, with the person as they are now.",
    columns: [
      first, second, column("event", "String", "__e.event", "The name of a track call; of others the type.", maskWithinSql("__e.event")), ...rest,
      personal("properties", "String", jsonText("__e.properties"), "All properties as JSON.", maskedJsonText("__e.properties", facts, "property", "")),
    ],
    from: (columns) => storedEvents(facts, columns),
  };
}

function audiences(facts: Facts): View {
  const rows = facts.audiences.map(({ id, slug, name }) => `(${id}, ${quoted(slug)}, ${quoted(name)})`);
  const list = rows.length === 0 ? "arrayFilter(__x -> 0, [(0, '', '')])" : `[${rows.join(", ")}]`;
  return {
    name: "audiences", kind: "base", about: "What audiences there are.",
    columns: [column("audience_id", "UInt32", "toUInt32(__a.1)", "Its number."), column("audience", "String", "__a.2", "Its short name."), column("name", "String", "__a.3", "What people call it.")],
    from: () => `(select arrayJoin(${list}) as __a) as __t`,
  };
}

function audienceMembers(facts: Facts): View {
  const latest = `(select __l.audience_id as audience_id, __l.profile_id as profile_id, argMax(__l.entered, __l.seq) as __in, argMax(__l.at, __l.seq) as __since from ${tableOf(facts, "audience_log")} as __l where __l.workspace_id = ${facts.workspaceId} group by __l.audience_id, __l.profile_id)`;
  const gone = facts.hasSuppressed ? ` and __n.profile_id not in (${deletedOf(facts)})` : "";
  return {
    name: "audience_members", kind: "base", about: "Who is in which audience now.",
    columns: [
      column("audience", "String", wordOf("__n.audience_id", facts.audiences), "Short name of the audience."), column("audience_id", "UInt32", "__n.audience_id", "Its number."),
      personal("profile_id", "UUID", "__n.profile_id", "Who is in it."), column("since", "DateTime64(3, 'UTC')", "__n.__since", "Since when."),
    ],
    from: () => `${latest} as __n where __n.__in = 1${gone}`,
  };
}

function audienceLog(facts: Facts): View {
  return {
    name: "audience_log", kind: "base", about: "Who entered and left which audience, when and why.",
    columns: [
      column("audience", "String", wordOf("__l.audience_id", facts.audiences), "Short name of the audience."), column("audience_id", "UInt32", "__l.audience_id", "Its number."),
      personal("profile_id", "UUID", personOf(facts, "__l"), "Whom it is about, after all merges."), column("at", "DateTime64(3, 'UTC')", "__l.at", "When."),
      column("entered", "UInt8", "__l.entered", "1: entered, 0: left."), column("reason", "String", "cast(__l.reason as String)", "event, deadline, trait, definition, merge, unmerge …"),
      column("version", "UInt32", "__l.version", "Of the audience's definition."), column("seq", "UInt64", "__l.seq", "The order of all changes."),
    ],
    from: (columns) => withPeople(facts, { table: "audience_log", alias: "__l", columns, where: [`__l.workspace_id = ${facts.workspaceId}`] }),
  };
}

function computedTraits(facts: Facts): View {
  return {
    name: "computed_traits", kind: "base", about: "What computed traits are for people now: a row for each person and trait.",
    columns: [
      personal("profile_id", "UUID", personOf(facts, "__v"), "The person."), column("trait", "String", wordOf("__v.trait_id", facts.computed), "Short name of the trait."),
      personal("value", "String", "__v.value", "As JSON.", emptyOrHiddenSql("__v.value")), column("since", "DateTime64(3, 'UTC')", "__v.at", "Since when."),
    ],
    from: (columns) => withPeople(facts, { table: "computed_value", alias: "__v", columns, where: [`__v.workspace_id = ${facts.workspaceId}`, "__v.value != ''"], final: true }),
  };
}

function deliveries(facts: Facts): View {
  const row = deliveredRow(facts, "__d");
  return {
    name: "deliveries", kind: "base", about: "What was sent where, and what became of it.",
    columns: [
      column("destination", "String", wordOf("__d.destination_id", facts.destinations), "Short name of the destination."), column("subscription_id", "UInt32", "__d.subscription_id", "Number of the subscription."),
      column("stream", "String", "cast(__d.stream as String)", "events; of an audience fill, audience, consent or sync, and of a model rows or model, with the number of the subscription."), personal("message_id", "String", "__d.message_id", "Of the event.", maskWithinSql("__d.message_id")),
      column("event", "String", "__d.event", "Its name.", maskWithinSql("__d.event")), personal("profile_id", "UUID", personOf(facts, "__d", row.person), "Whom it is about, after all merges."),
      column("outcome", "String", "cast(__d.outcome as String)", "delivered, refused, expired or nothing."), column("code", "String", "cast(__d.code as String)", "Why."),
      personal("detail", "String", "__d.detail", "As the vendor said it.", emptyOrHiddenSql("__d.detail")), column("status", "UInt16", "__d.status", "Of the last reply; 0: there was none."),
      column("attempts", "UInt16", "__d.attempts", "How many it took."), column("happened_at", "DateTime64(3, 'UTC')", "__d.happened_at", "The event."),
      column("received_at", "DateTime64(3, 'UTC')", "__d.received_at", "When it came."), column("finished_at", "DateTime64(3, 'UTC')", "__d.finished_at", "When it was settled."),
      column("model", "String", row.model, "Short name of the model whose row it sent; else empty."), column("row_seq", "UInt64", row.seq, "`seq` of that row's change in model_changes; else 0."),
    ],
    from: (columns) => withPeople(facts, { table: "deliveries", alias: "__d", columns, where: [`__d.workspace_id = ${facts.workspaceId}`], final: true, own: row.person }),
  };
}

