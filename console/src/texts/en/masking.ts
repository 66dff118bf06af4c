// What is hidden from this viewer, and revealing one value of it.
import { plural } from "../words.ts";

export const masking = {
  mark: "Masked",
  markText: "Your role sees people masked: enough to tell them apart, not who they are.",
  payload: "As received, masked",
  payloadText: "This is not what was sent, byte for byte: values that are personal, or that nobody has decided about, are hidden.",
  reveal: "Reveal",
  revealOf: (field: string) => `Reveal ${field}`,
  why: "Why do you need it?",
  whyHint: "At least 8 characters. Your name, the field and this reason go into the audit log; the value does not.",
  whyExample: "Caller wants to be rung back",
  show: "Show it",
  hide: "Hide it again",
  hiddenValues: (count: number) => plural(count, "hidden value", "hidden values"),
  hiddenMore: (count: number) => `${plural(count, "more is", "more are")} not offered here.`,
  search: "A whole e-mail, phone number or id, then Enter",
  searchText: "You find people by a whole identifier, or by the number of an order or ticket: 30 a minute, each in the audit log.",
  findInProfiles: (text: string) => `Find “${text}” among profiles`,
};
