// What each role is called, and what it is for.

export const roles = {
  owner: { name: "Owner", what: "Answers for the workspace. Only owners make and remove owners." },
  admin: { name: "Admin", what: "Does everything in the workspace but make and remove owners." },
  marketer: { name: "Marketer", what: "Works with many people at once, and sees none of them in the clear." },
  analyst: { name: "Analyst", what: "Looks at everything, changes nothing." },
  service_agent: { name: "Service agent", what: "Helps one customer at a time." },
  privacy_officer: { name: "Privacy officer", what: "Answers people's requests about their data." },
  developer: { name: "Developer", what: "Connects sources and sets rules, without seeing people." },
  viewer: { name: "Viewer", what: "Looks at numbers." },
};
