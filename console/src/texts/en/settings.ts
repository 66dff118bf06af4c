// Settings: the frame and the names of its sections. Each section's own words are in a file of its own.

export const settings = {
  title: "Settings",
  label: "Settings",
  choose: "Section",
  account: "My account",
  members: "Members",
  workspace: "Workspace",
  tokens: "API tokens",
  identity: "Identity rules",
  problems: "Service desk",
  alerts: "Alerts",
  vocabulary: "Vocabulary",
  limits: "Limits",
  save: "Save changes",
  discard: "Discard",
  finishFirst: "What is marked is still to be put right.",
  forbidden: { title: "This is not open to you", text: "Your role or token may not see this section. An owner or admin of the workspace can change your role." },
};
