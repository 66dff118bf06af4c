// The frame: navigation and switches.

export const navigation = {
  label: "Main",
  home: "Home",
  start: "Get started",
  sources: "Sources",
  live: "Live debugger",
  held: "Held events",
  schema: "Events and fields",
  profiles: "Profiles",
  merges: "Merges",
  audit: "Audit log",
  settings: "Settings",
  collapse: "Collapse navigation",
  expand: "Expand navigation",
  open: "Open navigation",
  search: "Find or go to",
  reference: "API reference",
  signOut: "Sign out",
  scheme: { auto: "System appearance", light: "Light", dark: "Dark", label: "Appearance" },
  workspace: "Workspace",
  token: "API token",
};
