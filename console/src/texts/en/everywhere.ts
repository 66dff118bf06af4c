// Words that many pages use.
import { count, plural } from "../words.ts";

export type TimeUnit = "d" | "h" | "min" | "s";

export const everywhere = {
  retry: "Try again",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  cancel: "Cancel",
  save: "Save",
  undo: "Undo",
  leaveUnsaved: "What you changed here is not saved. Leave all the same?",
  loading: "Loading",
  more: "Load more",
  none: "None",
  nobody: "Nobody",
  skip: "Skip to the content",
  requestId: "Request",
  empty: "empty",
  failedToLoad: "This could not be loaded",
  offline: { message: "The server can't be reached.", hint: "Check that it runs and that this machine reaches it; then try again." },
  unreadable: { message: "The server's answer can't be read.", hint: "Try again. If it stays, look for the request in the server's log." },
  /** Behind what the server says when it takes no more for now. */
  refusedForNow: {
    read: (seconds: number) => `Try again in ${plural(seconds, "second", "seconds")}.`,
    change: (seconds: number) => `It was not done. Try again in ${plural(seconds, "second", "seconds")}.`,
  },
  pageFailed: { message: "This page has failed.", hint: "Load it again. If it stays, the browser's console says where." },
  notFound: { title: "There is no such page", text: "The address may be mistyped, or the page has moved.", action: "Go to Home" },
  forbidden: "Your token or role may not see this.",
  lasting: (n: number, unit: TimeUnit) => `${count(n)} ${unit}`,
  ago: (n: number, unit: TimeUnit) => `${count(n)} ${unit} ago`,
  in: (n: number, unit: TimeUnit) => `in ${count(n)} ${unit}`,
  now: "just now",
  today: "Today",
  yesterday: "Yesterday",
  /** What the API counts its limits in. */
  units: {
    bytes: "bytes", characters: "characters", connections: "connections", events: "events", levels: "levels", properties: "properties", "write keys": "write keys",
  } as Readonly<Record<string, string>>,
  quoted: (name: string) => `“${name}”`,
  edit: (what: string) => `Edit: ${what}`,
  exportCsv: "Export as CSV",
  rows: (n: number) => plural(n, "row", "rows"),
  /** What became of an event. */
  outcomes: {
    stored: "Stored", duplicate: "Repeat", quarantined: "Held", dropped: "Dropped", withdrawn: "Withdrawn", failed: "Failed", pending: "Waiting", expired: "Expired",
  } as Readonly<Record<string, string>>,
  /** How a source is. */
  sourceHealth: { off: "Switched off", quiet: "Quiet", well: "Well", held: "Holding events", failed: "Failing", unbalanced: "Does not balance" },
  /** Somebody of whom nothing tells a name. */
  unnamed: "Anonymous visitor",
};
