// The bounds of what normalisation copies into columns and caches; the payload as received keeps everything. Limits that
// a sender meets and an operator may change are in core/limits.ts.

/** Characters of userId, anonymousId, groupId and previousId; a longer one quarantines the event. */
export const ID_CHARACTERS_MAX = 512;
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
