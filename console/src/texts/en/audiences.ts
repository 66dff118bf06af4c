// Audiences: the list, the builder, one audience, templates and lists.
import { count, plural } from "../words.ts";

const share = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const audiences = {
  title: "Audiences",
  sentence: "Groups of people by what they are and did. Each is kept current as events come in and as time passes.",
  create: "New audience",
  build: "Build an audience",
  fromTemplate: "Begin with a template",
  search: "Find an audience",
  tabs: { all: "Audiences", templates: "Templates", lists: "Lists" },
  columns: { name: "Audience", sentence: "Who is in it", size: "People", trend: "Last 4 weeks", status: "State", changed: "Changed", by: "Changed by", slug: "Name for programs" },
  trend: (first: number, last: number, days: number) => `From ${count(first)} to ${count(last)} in ${plural(days, "day", "days")}`,
  status: { filling: "Counting", active: "Current", failed: "Failed", archived: "Archived" },
  filter: { in_use: "In use", filling: "Counting", failed: "Failed", archived: "Archived" },
  none: "No audience was made yet",
  noneText: "An audience says in a sentence who is in it, such as everybody who bought a red dress in the last 14 days. It shows its size while you build it, and is right within a second of what people do.",
  noneFound: "No audience fits",
  noneFoundText: "Search for another word, or take a filter away.",
  folders: { label: "Folders", all: "All folders" },
  usedKinds: { audience: "Audience", computed_trait: "Computed trait", list: "List", subscription: "Subscription of a destination" },

  picker: { nothing: "Nothing fits. Type another word.", times: (n: number) => `seen ${plural(n, "time", "times")}`, useEvent: (text: string) => `Use the event “${text}”` },
  add: {
    label: "Add a condition", toGroup: "Add to this group", search: "Find an event, a trait, an audience…", events: "What they did", traits: "What they are", audiences: "Audiences they are in", more: "More",
    kinds: { identifier: "Known by an e-mail, a phone number…", consent: "What they consented to", list: "On a list", share: "A random share of people", first_of: "In the first of several audiences that fits", account: "People of the same account", sequence: "Did things in an order", computed: "A computed trait" } as Readonly<Record<string, string>>,
  },
  not: { label: "Whether it must hold", is: "holds", not: "not:" },
  group: {
    how: "How many must hold", least: "At least so many", label: (how: string) => `Conditions: ${how}`,
    hows: { all: "all", any: "any", none: "none", at_least: "at least" },
    tail: { all: "of these hold", any: "of these holds", none: "of these holds", at_least: "of these hold" },
    joints: { all: "and", any: "or", none: "nor", at_least: "·" },
  },
  row: {
    handle: (index: number, all: number) => `Condition ${count(index)} of ${count(all)}: move with Alt and arrows, choose with Space`,
    handleHint: "Drag to move. Click to choose. Alt+↑ ↓ ← → moves, Delete removes, Ctrl+D duplicates, Ctrl+G groups.",
    menu: "What to do with this condition", duplicate: "Duplicate", indent: "Move into a group", outdent: "Move out of the group", group: "Put into a group", groupMany: (n: number) => `Put ${count(n)} chosen into a group`,
    ungroup: "Take the group apart", makeNot: "Turn around: must not hold", notNot: "Turn around: must hold", remove: "Remove",
    moved: { up: "Moved up.", down: "Moved down.", in: "Moved into a group.", out: "Moved out of the group.", duplicated: "Duplicated.", grouped: "Put into a group.", removed: "Removed." },
  },
  from: {
    label: "Whom the audience is drawn from", known: "Known people", anonymous: "Anonymous people", everyone: "Everyone, known or anonymous,", who: "for whom",
    withoutBots: "without bots and internal traffic", with: (what: string) => `with ${what}`, bots: "bots", internal: "internal traffic", included: "What counts besides",
    botsLabel: "Bots", internalLabel: "Internal traffic", includedText: "Their events count then, and people who have none but such may be in it.",
  },
  event: {
    did: "Whether they did it", dids: { did: "did", not: "did not do" }, which: "Event", choose: "choose an event", or: "or another event…", orAnother: "Or another event", roles: "In your vocabulary",
    oncePer: "counted once per", dropOncePer: "Count each event", addOncePer: (path: string) => `count once per ${path}`,
  },
  measure: {
    label: "What is counted", comparison: "How it compares", value: "Compared with", property: "Property", choose: "choose a property", once: "time", with: "with", whose: "and",
    of: { count: "times", sum: "a sum of", average: "an average of", min: "a least", max: "a greatest", distinct: "a number of different", first: "the first time", last: "the last time" },
    ops: { at_least: "at least", at_most: "at most", more_than: "more than", less_than: "less than", equals: "exactly", between: "between", more_than_ago: "", in_last: "", before: "", on_or_after: "" },
    isOps: { at_least: "that is at least", at_most: "that is at most", more_than: "that is more than", less_than: "that is less than", equals: "that is exactly", between: "that is between", more_than_ago: "longer ago than", in_last: "in the last", before: "before", on_or_after: "on or after" },
    net: { label: "Refunds", gross: "before refunds", net: "less refunds" },
  },
  filters: {
    where: "where", and: "and", or: "or", not: "not", add: "where…", addAnother: "and…", item: "one of the", has: "has", sameItem: "and of the same one…",
    ofItem: (list: string) => `Of one of the ${list}`, ofEvent: "Of the event", ofContext: "Where it happened", searchProperty: "Find a property", searchValue: (name: string) => `Find a value of ${name}`,
    useProperty: (text: string) => `Use the property “${text}”`, otherwise: "Otherwise", otherComparison: "Compare in another way…", otherOps: "Other comparisons",
    comparison: (name: string) => `How ${name} compares`, remove: (name: string) => `Remove ${name}`, more: "What to do with this filter", makeNot: "Turn around: must not hold", notNot: "Turn around: must hold", makeOr: "Or something else", another: "And another of them that…", removeFilter: "Remove",
  },
  context: {
    page_path: "Path of the page", page_url: "Address of the page", page_referrer: "Where they came from", device_type: "Kind of device", os: "Operating system", browser: "Browser", country: "Country", locale: "Language", timezone: "Time zone",
    campaign_source: "Campaign: source", campaign_medium: "Campaign: medium", campaign_name: "Campaign: name", campaign_term: "Campaign: term", campaign_content: "Campaign: content", library: "SDK", type: "Kind of call",
  } as Readonly<Record<string, string>>,
  ops: {
    is_set: "is set", is_not_set: "is not set", equals: "is", not_equals: "is not", one_of: "is one of", none_of: "is none of", contains: "contains", does_not_contain: "does not contain", starts_with: "starts with", ends_with: "ends with",
    matches: "matches the pattern", has_all: "has all of", more_than: "is more than", at_least: "is at least", less_than: "is less than", at_most: "is at most", between: "is between", before: "is before", on_or_after: "is on or after",
    in_last: "is in the last", in_next: "is in the next", more_than_ago: "is longer ago than", anniversary: "has its anniversary",
  },
  value: {
    of: (name: string) => `Value of ${name}`, from: (name: string) => `${name}: from`, to: (name: string) => `${name}: up to`, and: "and", or: "or…", yes: "yes", no: "no", text: "text", choose: "choose a value", search: "Find a value, or type one",
    suggested: "Most frequent", use: (text: string) => `Use “${text}”`, noSuggestions: "Values can't be suggested here. Type one.", masked: "Values of this field are hidden from you. Type the one you mean.",
    remove: (value: string) => `Remove ${value}`, more: (n: number) => `and ${count(n)} more`,
  },
  anniversary: { label: "When the anniversary is", today: "today", this_month: "this month", next_days: "within", days: "days" },
  trait: { which: "Trait", search: "Find a trait", use: (text: string) => `Use the trait “${text}”`, held: "for at least", dropHeld: "However long", addHeld: "and for how long…" },
  computed: { which: "Computed trait", search: "Find a computed trait", choose: "choose a computed trait" },
  identifier: { is: "Whether they have it", known: "have a known", unknown: "have no known", anonymous: "are anonymous: known by devices alone", which: "Kind of identifier", search: "Find a kind of identifier", kinds: "Kinds of identifiers", use: (text: string) => `Use “${text}”` },
  audience: { is: "are in the audience", not: "are not in the audience", which: "Audience", search: "Find an audience", choose: "choose an audience" },
  list: { is: "are on the list", not: "are not on the list", which: "List", search: "Find a list", choose: "choose a list" },
  consent: { is: "What they said", granted: "have consented to", denied: "have refused consent to", unknown: "have said nothing about", which: "What for", search: "Find a category, or type one", categories: "Of your channels" },
  share: { is: "are in the random share from", not: "are not in the random share from", from: "From percent", until: "to", to: "To percent", percent: "percent of", salt: "Name of the draw", saltExample: "name of the draw", note: "The same name draws the same people." },
  firstOf: { isIn: "are in", is: "Which of them", order: "and in none before it of", add: "add an audience…", earlier: (name: string) => `Move ${name} forward` },
  sequence: {
    is: "did one after the other", not: "did not do one after the other", strict: "Whether anything may come between", loose: "with anything between", strictly: "with no other event between", gap: "at most after", addGap: "within how long…", drop: (n: number) => `Remove step ${count(n)}`,
    addStep: "and then…", whole: "all of it within", addWhole: "all of it within…", same: "with the same", addSame: "about the same thing…", dropSame: "About anything", never: "and then never", neverFor: "for", addNever: "and then not…", dropNever: "Whatever follows", without: "without", addWithout: "without something between…", dropWithout: "Whatever comes between",
  },
  account: { label: "Of the people of their account", any: "for somebody of the same account", all: "for everybody of the same account", none: "for nobody of the same account", note: "The person is one of them." },
  json: { label: (kind: string) => `Condition “${kind}” as JSON`, note: "This kind of condition has no words here yet. It is edited as it is stored.", wrong: "This is not a condition in JSON: an object with a `kind`." },

  window: {
    label: "Over which time", say: "Say it", example: "14 days, this month, since 1 May, ever", understood: (text: string) => `Enter: ${text}`, notUnderstood: "Not understood. Try “30 days”, “this quarter”, “since 1 May”.", kind: "Kind of time span", unfinished: "choose a time",
    kinds: { rolling: "In the last", period: "Calendar", between: "Dates", since: "Since", ever: "Ever" },
    notes: {
      rolling: "Counted back from every instant: an event leaves to the second. Days have 24 hours; months end at the same time of day, at the latest on their last day.", period: "Whole periods of the calendar. Weeks begin on Monday; a day begins at midnight of the zone.",
      between: "From the beginning of the first day until before the last one.", since: "From the date in a trait, or from an event of the same person, on.", ever: "All that is known.",
    },
    inTheLast: "in the last", howMany: "How many", unit: "Unit", period: "Which period", periods: { this: "this", previous: "the previous", last: "the last" }, zone: "Time zone", zones: { workspace: "in the workspace's time zone", person: "in their own time zone" },
    zoneOfWorkspace: (zone: string) => `The workspace's time zone is ${zone}.`,
    from: "from", until: "until before", fromDay: "First day", untilDay: "Day before which it ends", since: "since", which: "Which of them", whiches: { first: "their first", last: "their last" }, anchor: "Event or trait", chooseAnchor: "choose an event or a trait", addFor: "and for how long…", for: "for", dropFor: "Without an end",
    unit1: { minute: "minute", hour: "hour", day: "day", week: "week", month: "month", quarter: "quarter", year: "year" },
    units: { minute: "minutes", hour: "hours", day: "days", week: "weeks", month: "months", quarter: "quarters", year: "years" },
  },
  /** Words that are understood where a time span is typed; several for one meaning are parted by |. */
  windowWords: {
    units: { minute: "min|mins|minute|minutes", hour: "h|hour|hours", day: "d|day|days", week: "w|week|weeks", month: "m|month|months", quarter: "q|quarter|quarters", year: "y|year|years" },
    this: "this", previous: "previous|last", since: "since|from", before: "before|until", ever: "ever|always|all",
    months: ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
  },

  builder: {
    newTitle: "New audience", name: "Name", nameExample: "Bought a red dress", folder: "Folder", folderExample: "Campaigns/Spring", save: "Save audience", saveChanges: "Save…", conditions: "Conditions",
    undo: "Undo (Ctrl+Z)", redo: "Redo (Ctrl+Shift+Z)", emptySentence: "Nobody is chosen yet.", emptyText: "Choose what these people did or are. Everything that arrives is in the list, the most frequent first.", addFirst: "Choose a condition", orTemplate: "or begin with a template",
    keys: "Drag rows by their handle; on the handle, Alt and the arrows move them, Space chooses, Ctrl+G groups, Delete removes.", saved: (name: string) => `“${name}” is saved. It is being counted.`, copyOf: (name: string) => `${name} (copy)`, notInName: "no", unfinished: "The marked word is still to be chosen.",
  },
  views: {
    label: "Form", sentence: "Sentence", yaml: "YAML", sql: "SQL", json: "JSON", yamlLabel: "The definition as YAML", yamlNote: "What you type here becomes the definition as soon as it is right.", line: (n: number) => `Line ${count(n)}:`,
    sqlLabel: "The query", sqlNote: "What is run to count these people, with its values written in. It can't be edited.", noSql: "There is no query while a condition is unfinished.", empty: "There is no query before the first condition.", jsonLabel: "The definition as JSON",
  },
  preview: {
    title: "Who this is", more: "More about them", people: "people", of: (n: number) => `of ${plural(n, "person", "people")}`, share: (percent: number) => `${share.format(percent)} %`, empty: "Its size shows here while you build it.", unfinished: "Finish the marked condition, and the size is shown.",
    noChange: "nobody changes by time alone", nextChange: "next change by time alone {when}", took: (time: string) => `counted in ${time}`, partText: (n: number) => `${plural(n, "person meets", "people meet")} this condition on its own`,
    counting: "Still counting", countingOf: (answered: number, asked: number, people: number) => `${count(answered)} of ${plural(asked, "question", "questions")} answered, over ${plural(people, "person", "people")}`,
    tabs: { people: "People", reach: "Reach", by: "Split", overlap: "Overlap", flow: "Flow" }, nobody: "Nobody is in it.",
    channel: "By", address: "Address known", consent: "Consented", reachable: "Reachable", channels: { email: "E-mail", phone: "Phone", push: "Push" },
    by: "by", chooseTrait: "choose a trait", byText: "How many have each value of a trait.", notSet: "not set", rest: "other values",
    with: "with", addOverlap: "add an audience…", overlapText: "Choose up to six audiences to see who is in several of them.", onlyThis: "In this one alone", alsoIn: (names: readonly string[]) => `Also in ${names.join(" and ")}`,
    flowText: (entered: number, left: number, days: number) => `In the last ${count(days)} days ${plural(entered, "person", "people")} would have come in and ${count(left)} gone out.`, inIt: (n: number) => `${count(n)} in it`, entered: "Came in", left: "Went out", asTable: "As a table", day: "Day", size: "In it",
  },
  saving: {
    title: (name: string) => `Save “${name}”?`, sentence: (enter: number, leave: number, stay: number) => `${plural(enter, "person comes", "people come")} in, ${plural(leave, "goes", "go")} out, ${plural(stay, "stays", "stay")}.`, enter: "Come in", leave: "Go out",
    andMore: (n: number) => `and ${count(n)} more`, usedBy: (n: number) => `${plural(n, "other thing looks", "other things look")} at this audience and follows:`, save: "Save it",
    sends: "What destinations are sent", sent: (adds: number, removes: number) => (adds + removes === 0 ? "nothing" : `at most ${count(adds)} added, ${count(removes)} taken away`), asks: "Stops and asks first: this is more than its share.",
  },
  templates: { none: "There are no templates", noneText: "They come with the program.", use: "Use it", useIt: (name: string) => `Use it: ${name}`, needs: (names: readonly string[]) => `Needs: ${names.join(", ")}`, toVocabulary: "Say which events mean this" },

  page: {
    tabs: { overview: "Overview", people: "People", changes: "Changes", why: "Why", versions: "Versions", uses: "Uses" }, counting: "is being counted for the first time", people: (n: number) => (n === 1 ? "person" : "people"), changed: "version {version}, {when} by {who}", copySlug: "Copy the name for programs",
    edit: "Edit", more: "More", copy: "Make a copy", freeze: "Freeze as a list", archive: "Archive", restore: "Restore", archived: (name: string) => `“${name}” is archived.`, restored: (name: string) => `“${name}” is in use again.`, frozen: (name: string) => `Who is in “${name}” now is kept as a list.`, frozenName: (name: string) => `${name}, frozen`,
    sizeOverTime: "People over time", span: "Span", days: (n: number) => (n === 1 ? "24 h" : `${count(n)} d`), size: "In it", noSizes: "Its size is shown here from the first count on.", overlap: "Also in other audiences", reach: "Who can be reached", sizeText: (first: number, now: number) => `From ${count(first)} to ${plural(now, "person", "people")}.`,
    latest: "Latest changes", allChanges: "All changes", noChanges: "Nobody has come in or gone out", noChangesText: "Whoever does stands here, with the reason.",
    entered: "Came in", left: "Went out", why: "Why?", person: "Person", knownBy: "Known by", since: "Since", when: "When", turn: "What", reason: "Why", version: "Version", by: "By", export: "Export", exportChosen: "With chosen columns…", shareLink: "Share by link", formats: { csv: "CSV", ndjson: "NDJSON", parquet: "Parquet" },
    peopleText: "Whoever came in last stands first.", nobody: "Nobody is in it", nobodyText: "People appear here as soon as they meet the conditions.",
    reasons: {
      event: "something they did", deadline: "time has passed", trait: "something known of them changed", definition: "the audience was changed", merge: "two people were merged", unmerge: "a merge was undone", deletion: "they were deleted", list: "a list was changed", first_fill: "the first count", late_event: "an event that came late", import: "an import", repair: "a repair",
    } as Readonly<Record<string, string>>,
    asOf: "Who was in it then?", asOfLabel: "At which time", look: "Look", asOfText: "Choose a time to see who we had in it, and who should have been in it by all that is known today.",
    asOfAnswer: (time: string, log: number, recomputed: number | null) => `On ${time} ${plural(log, "person was", "people were")} in it${recomputed === null ? "." : `; by all that is known today ${recomputed === log ? "just as many" : `${count(recomputed)}`} should have been.`}`,
    difference: "Difference", older: "Older version", newer: "Newer version", versionNumber: (n: number) => `Version ${count(n)}`, sentenceDifference: "In words", definitionDifference: "As stored", oneVersion: "It has been as it is from the beginning.", linesSame: (n: number) => plural(n, "line is the same", "lines are the same"), tooLong: "Both are too long to be compared line by line.",
    usedBy: "Looks at this audience", usedByNone: "Nothing else looks at it: it can be archived without stopping anything.", usesOthers: "It looks at", usesNone: "It looks at no other audience or list.",
  },
  why: {
    title: "Why", history: "In and out", choose: "Choose a person", chooseText: "Each condition is then ticked or crossed, with the events that decide it and what would turn it.", people: "People", person: "Person", personSearch: "E-mail, name or id", usePerson: (text: string) => `Look for “${text}”`, choosePerson: "Choose a person",
    asOf: "As of", now: "Now", isIn: "Is in this audience", isOut: "Is not in this audience", since: "came in {when}:", because: "The first condition that fails:", flip: "To turn it:", holds: "holds", fails: "does not hold", groups: { all: "All of these hold", any: "At least one of these holds", not: "This does not hold", none: "None of these holds" }, value: "Value:", next: "may change by time alone {when}", leaves: "counts until {when}", noHistory: "Never came in or went out.",
  },
  onPerson: { title: "Audiences", none: "In no audience.", why: "Why?" },
  lists: {
    title: "Lists", none: "No list was made yet", noneText: "A list holds people that no condition tells: an upload, a choice by hand, or an audience as it stood at a moment. Audiences can ask who is on it.", create: "New list", name: "Name", kind: "Kind", kinds: { uploaded: "Uploaded", by_hand: "By hand", frozen: "Frozen" },
    people: "People", made: "Made", frozenOf: (slug: string) => `of ${slug}`, add: "Add people", addTo: (name: string) => `Add people to “${name}”`, namespace: "They are told by", values: "One a line", valuesHint: (max: number) => `At most ${count(max)} at once.`, added: (n: number, unknown: number) => `${plural(n, "person", "people")} added${unknown === 0 ? "." : `; ${plural(unknown, "line names", "lines name")} nobody.`}`, unknown: "These name nobody:", emptyName: "Give it a name.",
    onIt: (n: number) => `${plural(n, "person", "people")} on it`, nobody: "Nobody is on it yet.", more: "Show more", madeWhen: "made {when}", takeOff: (name: string) => `Take ${name} off the list`, takenOff: (name: string) => `${name} is off the list.`,
    remove: "Remove instead", removed: (n: number) => `${plural(n, "person", "people")} removed.`, madeIt: (name: string) => `The list “${name}” is made.`,
  },
};
