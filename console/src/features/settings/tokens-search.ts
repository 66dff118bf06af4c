// What the page of the tokens keeps in its address: whether one is being made.

export interface TokensSearch {
  readonly new?: true;
}

export function tokensSearch(search: Record<string, unknown>): TokensSearch {
  return search["new"] === true ? { new: true } : {};
}
