// Destinations: what goes out, and whether it arrives.
import { count, plural } from "../words.ts";

export const destinations = {
  title: "Destinations",
  sentence: (on: number, failing: number, off: number) => {
    const rest = off === 0 ? "" : ` ${count(off)} switched off.`;
    if (on === 0) return `Nothing is sent.${rest}`;
    if (failing > 0) return `${plural(failing, "destination does", "destinations do")} not take what ${failing === 1 ? "it is" : "they are"} sent; ${count(on - failing)} of ${count(on)} are well.${rest}`;
    return `${on === 1 ? "The destination that is switched on is" : `All ${count(on)} destinations that are switched on are`} well.${rest}`;
  },
  none: "Nothing is sent anywhere yet",
  noneText: "A destination takes events and audiences to another system: an address of yours, a database, a newsletter or an advertising account. Choose one from the catalog.",
  noneArchived: "No destination is archived",
  noneArchivedText: "Archived destinations send nothing and can still be looked at.",
  noMatch: "No destination matches",
  noMatchText: "None has this word in its name and this state.",
  clearFilter: "Show all destinations",
  filter: "Find a destination",
  status: "Which",
  statuses: { active: "In use", archived: "Archived" },
  columns: { name: "Name", kind: "Destination", state: "State", since: "Since", sends: "Subscriptions on", changed: "Changed", by: "By" },
  gone: "no more in the catalog",
  onOf: (on: number, all: number) => `${count(on)} of ${count(all)}`,
  testOnly: "test people only",
  states: {
    off: "Switched off", archived: "Archived", nothing: "No subscription is on", on: "Switched on", idle: "Nothing sent yet", flowing: "Delivering", throttled: "Slowed down", failing: "Failing", unauthorized: "Key not taken",
  },
  catalog: {
    title: "Catalog",
    open: "Add a destination",
    sentence: (ready: number, ownApp: number, hidden: number) =>
      `${count(ready)} work with a key or address of yours, ${count(ownApp)} with an app that you register with the vendor, and ${count(hidden)} can't be used and say why.`,
    noVendor: "None of them was tried against the vendor's own servers.",
    find: "Find in the catalog",
    category: "Category",
    every: "All categories",
    categories: {
      ads: "Advertising", analytics: "Analytics", billing: "Billing", crm: "Customers and sales", email: "E-mail", feedback_support: "Feedback and support", loyalty_commerce: "Loyalty and commerce",
      messaging: "Messages", other: "Other", personalization: "Personalization", utility: "Tools", warehouse: "Databases and files",
    } as Readonly<Record<string, string>>,
    availability: "Which",
    availabilities: { usable: "All that can be used", ready: "Ready to set up", own_app: "With an app of your own", hidden: "Can't be used" },
    labels: { ready: "Ready to set up", own_app: "Needs your own app", hidden: "Can't be used" },
    none: "No destination matches",
    noneText: "None has these words in its name, its description or what it can do. Whatever takes requests over HTTP is reached by the webhook.",
    clear: "Show the whole catalog",
    found: (n: number) => plural(n, "destination", "destinations"),
    inUse: (n: number) => `${count(n)} in use`,
    origins: { own: "Made for Tributary", catalog: "From Segment's open catalog" },
    proofs: { contract: "Requests tested", loads: "Requests untested" },
    proofText: {
      contract: "Its requests, and what is made of each reply, are tested against a stand-in for the vendor. The vendor itself was not called.",
      loads: "It loads and can be set up; what it sends is not tested. Try it with test people first.",
    },
    authentication: { none: "No sign-in", key: "A key", basic: "Name and password", oauth2: "OAuth, by an app of your own" },
    facts: { availability: "Use", proof: "Tested", origin: "From", authentication: "Signs in with", category: "Category", audiences: "Audiences", documentation: "The vendor's help" },
    audiences: { yes: "Keeps them as lists of people", no: "Gets them as events" },
    actions: "What it can do",
    settings: "What it asks for",
    setUp: "Set it up",
    setUpText: "With a token of the role admin. It sends nothing until it and a subscription are switched on.",
    notes: "Good to know",
    required: "required",
    secret: "kept secret",
    noSettings: "It asks for nothing.",
    alternatives: "See all that can be used",
  },
};
