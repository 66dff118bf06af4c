// What the server says of a definition, in the viewer's language: it says everything in each.
import { language } from "../../texts/texts.ts";

interface InEach {
  readonly en: string;
  readonly de: string;
}

interface Said {
  readonly message: string;
  readonly messages: InEach;
  readonly hint?: string | null;
  readonly hints?: InEach | null;
}

export function saidInLanguage<One extends Said>(all: readonly One[]): One[] {
  return all.map((one) => ({ ...one, message: one.messages[language], ...(one.hints ? { hint: one.hints[language] } : {}) }));
}
