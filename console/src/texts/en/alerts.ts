// Alerts: what is wrong, who looks after it, what is watched, and whom it is told. Sentences and names of kinds come from the API in English; another
// language makes its own of the same figures.
import { count, plural, wordFrom } from "../words.ts";

type Facts = Readonly<Record<string, string | number | null>>;

const shortKinds: Readonly<Record<string, string>> = {
  source_silent: "Source silent", destination_failing: "Destination failing", dead_letters: "Dead letters", queue_old: "Queue old", sync_stopped: "Sync waits", forgetting_given_up: "Forgetting given up", audience_jumped: "Audience jumped", pipeline_late: "Pipeline late",
};

export const alerts = {
  title: "Alerts",
  sentence: (open: number, acknowledged: number) =>
    open + acknowledged === 0 ? "Nothing is wrong. Everything is watched from the first start on."
      : `${plural(open + acknowledged, "alert is", "alerts are")} open${acknowledged === 0 ? "" : `, ${acknowledged === open + acknowledged ? "all" : count(acknowledged)} looked after`}.`,
  wrong: (given: string, _kind: string, _name: string, _facts: Facts) => given,
  kind: (given: string, _kind: string) => given,
  what: (given: string, _kind: string) => given,
  field: (given: string, _kind: string, _key: string) => given,
  fieldHint: (given: string, _kind: string, _key: string) => given,
  choice: (value: string) => wordFrom({ learnt: "Learnt from the last four weeks", set: "Set: the same at every hour" }, value),
  kinds: shortKinds,
  kindWord: (kind: string) => wordFrom(shortKinds, kind),
  columns: { state: "State", kind: "Kind", what: "What", since: "Since", told: "Told" },
  states: { open: "Open", acknowledged: "Looked after", closed: "Over", snoozed: "Snoozed" },
  show: "Which alerts", shows: { all: "All", open: "Open", closed: "Over" },
  kindLabel: "Kind", kindAll: "Every kind",
  settings: "Rules and channels",
  none: "Nothing is wrong",
  noneText: "Silent sources, failing destinations, old queues, forgettings that were given up, jumping audiences and the pipeline itself are watched. What goes wrong will stand here, with its figures, once for each time.",
  noneShown: "No alert fits", noneShownText: "Choose others, or all of them.", clear: "Show all",
  missing: "This alert is not there any more.",
  look: "Look at it",
  acknowledge: "I look after it", acknowledged: "You look after it.",
  snooze: "Snooze", snoozeFor: { 1: "For an hour", 4: "For four hours", 24: "For a day", 168: "For a week" } as Readonly<Record<number, string>>, snoozed: "Nobody is told until then.", wake: "End the snooze", woken: "Its channels are told again.",
  since: "Wrong since", opened: "Opened", closed: "Over since", by: "Looked after by", snoozedUntil: "Snoozed until", figures: "Figures",
  closedWhy: { "": "", well: "It is well again.", gone: "What it was about is gone or switched off.", off: "Its rule is switched off." } as Readonly<Record<string, string>>,
  tellings: "Who was told", toldNobody: "Nobody was told: there was no channel for it then.", addChannel: "Add a channel",
  toldShort: (sent: number, waiting: number, failed: number) => [sent > 0 ? `${count(sent)} told` : "", waiting > 0 ? `${count(waiting)} waiting` : "", failed > 0 ? `${count(failed)} failed` : ""].filter((one) => one !== "").join(", "),
  changes: { opened: "that it opened", closed: "that it is over", still_open: "that it is still open" },
  tellingStates: { sent: "Told", waiting: "Waiting", failed: "Failed" },
  tries: (n: number) => plural(n, "attempt", "attempts"),
  facts: (key: string) => wordFrom({
    last_at: "Last event", silent_minutes: "Silent for", missed: "Events to be expected meanwhile, at least", longest_hours: "Longest silence in four weeks", for_minutes: "For",
    code: "Answer", detail: "What was said", failures: "Attempts that failed", dead: "Dead letters in the last hour", delivered: "Delivered in the last hour", percent: "Share", unread_minutes: "Oldest unread, waiting for",
    unsent_minutes: "Oldest for ClickHouse, waiting for", oldest_at: "Oldest that waits", waiting_minutes: "Waiting for", size: "People now", hour: "Change within an hour", day: "Change within a day", cause: "Most by", cause_people: "People by that", asked_at: "Asked", would_add: "Would come", would_remove: "Would go", people: "People there",
  }, key),
  rulesTitle: "Alerts",
  rulesSentence: "What is watched, with how much patience, and whom it is told.",
  rules: "What is watched", byDefault: "as by default", own: "of its own", edit: "Change", reset: "As by default", on: "Watched", off: "Not watched", switched: (name: string) => `Watch: ${name}`, saved: "Saved. It holds from the next look on.", restored: "The default is in force again.",
  readOnly: "You may look at these rules; who has the scope admin may change them.",
  addOwn: { source: "Another setting for one source", destination: "Another setting for one destination", audience: "Another setting for one audience" } as Readonly<Record<string, string>>, subject: "For", choose: "Choose one", take: "Take back",
  channels: "Who is told", channelsNone: "Nobody is told yet", channelsNoneText: "Alerts stand at the bell. Add a mail address, a chat or an address of your own, and each is told once when something goes wrong and once when it is over.",
  addOne: "Add a channel", editOne: (name: string) => `Change ${name}`, channelKinds: { mail: "Mail", webhook: "Webhook", chat: "Chat" }, name: "Name", nameHint: "How you call it, such as “On call”.",
  to: "Addresses", toHint: "Enter closes each. Up to 20.", url: { webhook: "Address", chat: "Address of the incoming webhook" }, urlHint: { webhook: "Receives JSON by POST.", chat: "As Slack, Mattermost and Rocket.Chat give it." },
  secret: "Signing secret", secretHint: "Signs each request, so that you can tell it is ours. At least 16 characters; empty: not signed.", keep: "Empty: the address stays as it is. It is never shown.",
  noMail: "This server has no mail server. Whoever runs it sets SMTP_URL and MAIL_FROM.",
  allKinds: "All alerts", someKinds: (n: number) => plural(n, "kind", "kinds"), which: "Or only some", whichAll: "Is told every alert", test: "Send test", tested: (name: string) => `${name} has taken the test.`, testFailed: (why: string) => `It was not taken. ${why}`, remove: "Remove", removed: (name: string) => `${name} is told no longer.`,
  removeTitle: (name: string) => `Remove ${name}?`, removeText: "It is told no longer, and the record of what it was told goes. Its address has to be entered anew to undo that.",
  channelColumns: { name: "Name", kind: "By", where: "Where", told: "Is told", state: "State" }, channelOn: "On", channelOff: "Off", lastTold: "Told", neverTold: "Nothing told yet", waiting: (n: number) => `${count(n)} waiting`, actions: "Actions",
  switchOff: "Switch off", switchOn: "Switch on",
};
