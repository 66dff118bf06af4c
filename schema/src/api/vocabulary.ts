// What a workspace's events mean: what is set, what is in force, and how much of it arrives.
import { z } from "zod";
import { propertyName, roleName, storedVocabulary } from "../audience/vocabulary.ts";
import { isoTime } from "./answer-parts.ts";

export const setBy = z.enum(["set", "recognised", "missing"]).meta({ id: "SetBy", description: "`missing`: nobody has said, and no name that is known arrives." });

export const vocabularyRoleAnswer = z
  .strictObject({
    role: roleName,
    by: setBy,
    events: z.array(z.strictObject({ event: z.string(), count: z.int().meta({ description: "That have arrived." }) })),
    properties: z.array(z.strictObject({
      property: propertyName,
      by: setBy.meta({ description: "`missing`: none of its paths arrives." }),
      paths: z.array(z.strictObject({ path: z.string(), count: z.int().meta({ description: "Events of the role that carry it." }) }))
        .meta({ description: "Where it stands; the first that an event has counts." }),
    })),
    where: z.strictObject({ paths: z.array(z.strictObject({ path: z.string(), count: z.int() })), values: z.array(z.string()) }).nullable()
      .meta({ description: "Only those of the events in which one of these properties has one of these values." }),
  })
  .meta({ id: "VocabularyRoleInForce" });
export type VocabularyRoleAnswer = z.infer<typeof vocabularyRoleAnswer>;

export const moneyAnswer = z
  .strictObject({
    unit: z.string().nullable().meta({ description: "The currency that sums are told in; null: none is known." }),
    currencies: z.array(z.strictObject({
      currency: z.string().meta({ description: "Empty: the event names none, and counts as the base. `?`: what it names is no code; with a base it is left out of sums." }), count: z.int(), first_at: isoTime,
    })).meta({ description: "Of the events whose values are added up, the most frequent first." }),
    problem: z.strictObject({ kind: z.enum(["no_base", "no_rate", "late_rates"]), currencies: z.array(z.string()), detail: z.string(), hint: z.string() }).nullable()
      .meta({ description: "Why sums are refused; null: they are told." }),
  })
  .meta({ id: "VocabularyMoney" });
export type MoneyAnswer = z.infer<typeof moneyAnswer>;

export const vocabularyAnswer = z
  .strictObject({
    version: z.int().meta({ description: "Grows with each change; 0: nothing has been set." }),
    changed_at: isoTime.nullable(),
    stored: storedVocabulary,
    roles: z.array(vocabularyRoleAnswer),
    money: moneyAnswer,
  })
  .meta({ id: "Vocabulary" });
export type VocabularyAnswer = z.infer<typeof vocabularyAnswer>;

export const vocabularyBody = z.strictObject({
  version: z.int().min(0).meta({ description: "The one that you have read; refused when there is a newer one." }),
  vocabulary: storedVocabulary,
});
export type VocabularyBody = z.infer<typeof vocabularyBody>;
