// One's own account.

export const accounts = {
  title: "My account",
  noAccount: { title: "You work with an API token", text: "Name, password and sessions belong to accounts. Sign in with e-mail and password to see yours." },
  facts: { title: "Who you are", name: "Name", email: "E-mail", role: "Role here" },
  appearance: { title: "Appearance and language", text: "Kept in this browser.", language: "Language", languageAuto: "As the browser has it" },
};
