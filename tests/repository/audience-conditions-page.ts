// docs/audience-conditions.md: each kind of condition with the examples that the tests run, in YAML and as the sentences that the console says.
import { stringify } from "yaml";
import type { Condition } from "../../schema/src/audience/condition.ts";
import { definition, sayDefinition } from "../../schema/src/audience/definition.ts";
import { contextFields } from "../../schema/src/audience/event-filter.ts";
import { conditionKinds } from "../../schema/src/audience/kinds.ts";
import { audienceLimits } from "../../schema/src/audience/limits.ts";
import { languageOf } from "../../schema/src/audience/sentence.ts";
import { audienceTemplates } from "../../schema/src/audience/templates.ts";
import { emptyVocabulary, resolveVocabulary } from "../../schema/src/audience/vocabulary.ts";

type Kind = (typeof conditionKinds)[number]["kind"];

/** A kind without a word here does not compile. */
const about: Readonly<Record<Kind, string>> = {
  trait: "What somebody is: a test of one trait, by its name (dots go into objects). A date may be told relative to now, and by its day of the year. `held` asks how long the present value has stood.",
  event: "What somebody did: a measure over their events (how many, the sum, average, least or greatest of a property, how many different values, the time of the first or the last) in a window, compared with a number or a time. Names may be those of events, or a role of the [vocabulary](vocabulary.md).",
  sequence: "What somebody did in an order: steps, each after the one before it, with gaps, with what must not come in between, and with what must stay away afterwards.",
  identifier: "By what somebody is known.",
  computed: "A test of a computed trait. Its value is worked out in the same query, so it is never older than the condition.",
  audience: "Who is in another audience, as that stands at the moment of asking: whom it is drawn from, and its condition. Circles are refused.",
  first_of: "Audiences in an order, each person only in the first that fits: for offers of which nobody should get two.",
  list: "Who is on a list of people: uploaded, kept by hand, or frozen from an audience.",
  account: "What the people of somebody's accounts are or did; the person is one of them.",
  consent: "What somebody allowed: their last word on a category. Unknown is neither granted nor denied.",
  share: "A random share of people, the same ones for ever: by a salt and the person's id alone.",
};

export function audienceConditionsPage(notice: string): string {
  const kinds = conditionKinds.map(({ kind, examples }) => {
    const shown = (examples as readonly Condition[]).map((example) => `${fenced(stringify(example, { lineWidth: 110 }))}\n\n*${sentence(example, "en")}* ${sentence(example, "de")}`);
    return [`## \`${kind}\``, about[kind], ...shown].join("\n\n");
  });
  const limits = Object.entries(limitWords).map(([name, what]) => `| ${what} | ${audienceLimits[name as keyof typeof audienceLimits].toLocaleString("en-US")} |`);
  const templates = audienceTemplates(resolveVocabulary(emptyVocabulary, [])).map(({ name, about: told, needs }) => `| ${name.en} | ${told.en} | ${needs.map((one) => `\`${one}\``).join(", ")} |`);
  return `# Conditions of audiences

${notice}

Every kind of condition, with examples that the tests run. What they mean, and how they are put together: [audiences.md](audiences.md). The
exact shapes are in the API's reference (\`AudienceDefinition\`, \`AudienceCondition\`).

${kinds.join("\n\n")}

## What stands beside an event

Filters of events take \`property\`, or \`context\` with one of: ${contextFields.map((name) => `\`${name}\``).join(", ")}.

## Templates

Each can be begun with where the vocabulary knows the words that it needs.

| Template | Whom it finds | Needs |
|---|---|---|
${templates.join("\n")}

## Limits

| What | At most |
|---|---|
${limits.join("\n")}
`;
}

const limitWords: Readonly<Record<keyof typeof audienceLimits, string>> = {
  conditionsMax: "Conditions of an audience, those of the audiences that it refers to included", testsMax: "Comparisons of an audience, those in filters included",
  charactersMax: "Characters of a definition, as JSON", pathStepsMax: "Names of a path, joined by dots", depthMax: "Groups inside each other", valuesMax: "Values of one condition",
  valueCharactersMax: "Characters of a value", patternCharactersMax: "Characters of a pattern", namesMax: "Event names of one condition", filtersMax: "Filters of one condition",
  stepsMax: "Steps of a sequence", sequenceEventsMax: "Events of a person that a sequence is looked for in, the latest", orderedMax: "Audiences of one order", windowDaysMax: "Days of a rolling window",
  countMax: "A count that is compared with", referencesDepthMax: "Audiences that refer to audiences, one behind the other",
};

/** Without whom it is drawn from. */
function sentence(who: Condition, language: "en" | "de"): string {
  const text = sayDefinition(definition.parse({ who }), languageOf(language));
  const said = text.slice(text.indexOf(": ") + 2);
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function fenced(code: string): string {
  return `~~~yaml\n${code.trimEnd()}\n~~~`;
}
