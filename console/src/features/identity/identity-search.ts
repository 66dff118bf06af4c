// What the address of the tab Identity holds besides the tab.
export interface IdentitySearch {
  readonly view?: "table";
  /** The two ends of the line that is open, as keys of identifiers. */
  readonly line?: string;
  /** Kinds that are opened, where a person has many of them. */
  readonly opened?: string;
  /** The proposal whose identifiers are selected. */
  readonly proposal?: string;
}

const key = "[0-9a-f-]{36}";
const idPattern = new RegExp(`^${key}$`);
const linePattern = new RegExp(`^${key}~${key}$`);

export function identitySearch({ view, line, opened, proposal }: Record<string, unknown>): IdentitySearch {
  return {
    ...(view === "table" ? { view } : {}),
    ...(typeof line === "string" && linePattern.test(line) ? { line } : {}),
    ...(typeof opened === "string" && opened !== "" ? { opened: opened.slice(0, 500) } : {}),
    ...(typeof proposal === "string" && idPattern.test(proposal) ? { proposal } : {}),
  };
}
