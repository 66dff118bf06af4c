// Sources and their keys.
import { count, plural } from "../words.ts";

export const sources = {
  title: "Sources",
  sentence: (n: number, silent: number) =>
    silent === 0 ? (n === 1 ? "1 source. It sent events in the last 24 hours." : `${count(n)} sources, all of them sent events in the last 24 hours.`)
      : `${plural(n, "source", "sources")}; ${count(silent)} sent nothing in the last 24 hours.`,
  none: "There is no source yet",
  noneText: "A source is a website, an app or a server that sends events with a write key of its own. Make one with the API.",
  columns: { name: "Source", kind: "Kind", health: "Health", received: "Received, 24 h", held: "Held", failed: "Failed", keys: "Keys" },
  kinds: { website: "Website", server: "Server", mobile: "Mobile", import: "Import", webhook: "Webhook", console: "Console" },
  health: { off: "Switched off", quiet: "Quiet", well: "Well", held: "Holding events", failed: "Failing", unbalanced: "Does not balance" },
  healthText: {
    off: "Switched off: its events are turned away.",
    quiet: "Nothing came in during the last 24 hours.",
    well: (n: number) => `Well. ${plural(n, "event", "events")} in the last 24 hours, all of them good.`,
    held: (n: number, held: number) => `${plural(n, "event", "events")} in the last 24 hours, ${count(held)} held.`,
    failed: (failed: number) => `${plural(failed, "event", "events")} could not be written.`,
    unbalanced: "What was received is not what was decided and stored.",
  },
  facts: { title: "About", id: "Id", slug: "Slug", kind: "Kind", origins: "Allowed origins", anyOrigin: "Any", rate: "Limit", noRate: "Default", perSecond: "events a second", created: "Created", lastEvent: "Last event" },
  keys: "Write keys",
  keysText: "SDKs send with a write key. It is shown once, when it is made; here you see how it begins.",
  key: { prefix: "Begins with", created: "Made", state: "State", active: "In use", revoked: "Revoked" },
  newKey: "Make a key",
  newKeyTitle: "Your new write key",
  newKeyText: "Copy it now: it is shown this once and kept nowhere. The snippets below hold it while you stay on this page.",
  revoke: "Revoke",
  revokeTitle: (prefix: string) => `Revoke the key ${prefix}…?`,
  revokeText: "From then on whoever still sends with it is turned away, within two seconds. This can't be undone.",
  install: "Send events",
  installText: (hasKey: boolean) => hasKey ? "With your new key in place." : "Put a write key in place of WRITE_KEY, or make one: it is filled in here.",
  watch: "Watch its events",
  decisions: "What became of its events, last 24 hours",
  outcome: "Outcome", reason: "Reason", events: "Events",
  noEvents: "No events in the last 24 hours",
  noEventsText: "Send one with the snippet above, and it is counted here.",
};
