// A trait worked out of other traits.
import { z } from "zod";
import { FLOAT_END, sixDigits, sixDigitsSql, type ComputedKind } from "../computed-kind.ts";
import { computedIn, FORMULA_CHARACTERS_MAX, FormulaError, formulaSql, parseFormula, readsTraits, valueOfFormula } from "../formula.ts";
import { NEVER } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("formula"),
  formula: z.string().min(1).max(FORMULA_CHARACTERS_MAX).superRefine((text, context) => {
    try {
      parseFormula(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error), params: error instanceof FormulaError ? { de: error.german } : {} });
    }
  }).meta({ description: 'Such as `round(computed(total_spent) / computed(orders), 2)` or `coalesce(trait("points"), 0) * 2`.' }),
});
export const formulaTrait: ComputedKind<typeof schema> = {
  kind: "formula",
  schema,
  reads: (one) => ({ snapshot: readsTraits(parseFormula(one.formula)), computed: computedIn(parseFormula(one.formula)) }),
  sql: (one, scope) => {
    const formula = parseFormula(one.formula);
    const value = scope.name(formulaSql(formula, scope.bind, () => scope.person("traits"), (slug) => scope.computed(slug).raws));
    const nexts = computedIn(formula).map((slug) => scope.computed(slug).next);
    return {
      raws: scope.name(`if(isNull(${value}) or abs(ifNull(${value}, 0)) >= ${FLOAT_END}, [], [${sixDigitsSql(`ifNull(${value}, 0)`)}])`),
      next: nexts.length === 0 ? String(NEVER) : nexts.length === 1 ? (nexts[0] ?? String(NEVER)) : scope.name(`least(${nexts.join(", ")})`),
    };
  },
  evaluate: (one, person, world) => {
    const value = valueOfFormula(parseFormula(one.formula), person.traits, (slug) => world.computed(slug, person));
    return value === undefined || Math.abs(value) >= FLOAT_END ? [] : [sixDigits(value)];
  },
  sentence: (one) => one.formula,
  examples: [{ kind: "formula", formula: "round(computed(total_spent) / max(computed(orders), 1), 2)" }, { kind: "formula", formula: 'coalesce(trait("points"), 0) * 2' }],
};
