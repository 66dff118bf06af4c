// The audit log: who changed what, and who looked at whom.
import { plural } from "./../words.ts";

const words: Readonly<Record<string, string>> = {
  "person.open": "looked at a person", "person.search": "searched for people", "person.list": "looked at the list of people", "person.reveal": "revealed a value",
  "event.open": "looked at an event", "event.list": "looked at events", "event.reveal": "revealed a value of an event", "event.send_again": "sent an event again",
  "tail.open": "watched the live tail", "quarantine.list": "looked at held events", "refused_write.list": "looked at refused writes",
  "merge.list": "looked at merges", "shared_identifier.list": "looked at shared identifiers",
  "profile.edit": "changed traits", "profile.consent": "recorded a consent", "profile.suppress": "suppressed a person", "profile.unmerge": "split a person in two",
  "field.decide": "decided about a field", "settings.change": "changed the settings",
  "source.create": "made a source", "source.change": "changed a source", "token.create": "made a token", "token.revoke": "revoked a token",
  "member.add": "took in a member", "member.role": "changed a role", "member.remove": "removed a member",
  "quarantine.resend": "sent a held event again", "quarantine.discard": "put a held event aside",
};

export const audit = {
  title: "Audit log",
  sentence: "Every change, and every look at people, the latest first.",
  found: (n: number, hasMore: boolean) => (hasMore ? `The latest ${plural(n, "entry", "entries")} that fit, more below.` : `${plural(n, "entry", "entries")}.`),
  search: "Words in the detail: a reason, a field",
  kind: "What",
  kinds: { "": "Everything", "person.": "Looks at people", "person.reveal": "Revealed values", "profile.": "Changes to people", "field.": "Decisions about fields", "source.": "Sources", "token.": "Tokens", "member.": "Members" } as Readonly<Record<string, string>>,
  from: "From",
  to: "Until",
  by: "By",
  target: "About",
  without: (filter: string) => `Without ${filter}`,
  columns: { when: "When", who: "Who", what: "What", target: "About", why: "Detail" },
  what: (action: string) => (Object.hasOwn(words, action) ? words[action] : undefined) ?? action,
  times: (n: number) => `${plural(n, "time", "times")}`,
  people: (n: number, more: boolean) => `${plural(n, "person", "people")}${more ? " and more" : ""}`,
  program: "The program",
  gone: "No member any more",
  workspace: "The workspace",
  openPerson: "Open person",
  onlyWho: "Only this one",
  onlyTarget: "Only about this",
  detail: "As it stands",
  none: "Nothing yet",
  noneText: "Each change that somebody makes here will stand in this list, and each look at a person.",
  noneFound: "No entry fits",
  noneFoundText: "Take a filter away, or look at a longer time.",
  clear: "Clear the filters",
};
