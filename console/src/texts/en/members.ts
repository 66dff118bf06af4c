// Who works in the workspace.
import { plural } from "../words.ts";

export const members = {
  title: "Members",
  sentence: (n: number) => `${plural(n, "person works", "people work")} in this workspace.`,
  columns: { name: "Name", email: "E-mail", role: "Role", since: "Since" },
  none: "Nobody yet",
  noneText: "Whoever is taken into this workspace is listed here, with what they may do.",
};
