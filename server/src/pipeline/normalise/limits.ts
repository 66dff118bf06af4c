// The limits of normalisation, each named once. A sender meets the first group as a quarantine reason; the second group
// only bounds what is copied into columns and caches, the payload as received keeps everything.

export interface NormaliseLimits {
  /** Properties of one event in all, counted through every level. */
  readonly propertiesMax: number;
  /** Characters of a property's name, and of an event's name. */
  readonly nameCharactersMax: number;
  /** Objects and arrays inside each other; the event itself is the first. */
  readonly depthMax: number;
  /** Characters of userId, anonymousId, groupId and previousId. */
  readonly idCharactersMax: number;
}

export const defaultNormaliseLimits: NormaliseLimits = {
  propertiesMax: 2_000,
  nameCharactersMax: 512,
  depthMax: 64,
  idCharactersMax: 512,
};

/** A longer messageId is replaced by its hash, so that retries still meet it. */
export const MESSAGE_ID_CHARACTERS_MAX = 256;
/** Characters of a user agent that are looked at. */
export const USER_AGENT_CHARACTERS_MAX = 512;
/** User agents whose reading is remembered, in each of two generations. */
export const USER_AGENTS_REMEMBERED = 4_096;
/** Characters of a context column that holds few different values. */
export const LABEL_CHARACTERS_MAX = 512;
/** Characters of a page's address, path and referrer. */
export const ADDRESS_CHARACTERS_MAX = 8_192;
/** Consent categories read from one event. */
export const CONSENT_CATEGORIES_MAX = 100;
/** Characters of an identity token that is verified at all. */
export const IDENTITY_TOKEN_CHARACTERS_MAX = 8_192;
