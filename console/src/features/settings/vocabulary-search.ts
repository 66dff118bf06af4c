// What the page of the vocabulary keeps in its address: which role is open.
export interface VocabularySearch {
  /** The page knows which there are; their names are loaded with it and not with every address. */
  readonly role?: string;
}

export function vocabularySearch({ role }: Record<string, unknown>): VocabularySearch {
  return typeof role === "string" && role !== "" ? { role: role.slice(0, 60) } : {};
}
