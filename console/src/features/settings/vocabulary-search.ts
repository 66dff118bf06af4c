// What the page of the vocabulary keeps in its address: which role is open.
import { roleNames, type RoleName } from "@tributary/schema/audience/vocabulary-names.ts";

export interface VocabularySearch {
  readonly role?: RoleName;
}

export function vocabularySearch({ role }: Record<string, unknown>): VocabularySearch {
  const found = roleNames.find((name) => name === role);
  return found === undefined ? {} : { role: found };
}
