// The limits of the server.

export const limits = {
  title: "Limits",
  sentence: "What one request or event may be. Whoever runs the server changes a limit by its setting.",
  columns: { what: "What it bounds", value: "Limit", setting: "Setting" },
  /** By the limit's name, where the API's own words for it won't do. */
  what: {} as Readonly<Record<string, string>>,
  byDefault: (text: string) => `by default ${text}`,
};
