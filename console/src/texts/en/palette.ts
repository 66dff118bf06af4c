// The command palette.

export const palette = {
  placeholder: "Go to a page, or find a person by e-mail, name or id",
  goTo: "Go to",
  people: "People",
  actions: "Actions",
  nothing: "Nothing found. Try a whole e-mail address or id.",
  searching: "Looking for people…",
  shortcuts: "Keyboard shortcuts",
  newAudience: "New audience",
  audienceTemplates: "Audiences: Templates",
  newImport: "Import a file",
  imports: "Imports",
  newToken: "Make an API token",
  invite: "Invite somebody",
  enter: (workspace: string) => `Enter the workspace ${workspace}`,
  light: "Light appearance",
  dark: "Dark appearance",
};
