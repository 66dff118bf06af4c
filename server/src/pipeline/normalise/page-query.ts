// What a page's address says in its query: campaign parameters, click ids, and the `ajs_…` parameters by which anybody who
// makes a link can make a visitor's browser identify as somebody. One pass, decoding only what is wanted.
import { isPlainObject, shortTextOf, textOf } from "./read-field.ts";

export interface PageQuery {
  /** `source`, `medium`, … of `utm_source`, `utm_medium`, … */
  readonly campaign: ReadonlyMap<string, string>;
  readonly clickIds: Readonly<Record<string, string>>;
  /** Values of `ajs_uid` and `ajs_aid`, in every form in which a library may have read them. */
  readonly userIds: readonly string[];
  readonly anonymousIds: readonly string[];
  /** Names of `ajs_trait_…`, without the prefix. */
  readonly traitNames: ReadonlySet<string>;
}

/** Parameters that advertising networks add to tell their clicks apart. */
const clickIdNames = new Set([
  "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid", "epik", "rdt_cid",
  "sccid", "irclickid", "mc_eid", "mc_cid", "igshid", "srsltid", "s_kwcid", "ef_id", "vmcid", "obclid", "tblci", "qclid", "clickid",
  "_kx", "_hsenc", "mkt_tok", "aleid", "cjevent", "awc",
]);

const CLICK_ID_CHARACTERS_MAX = 1_024;
const CAMPAIGN_CHARACTERS_MAX = 512;

const noCampaign: ReadonlyMap<string, string> = new Map();
const noNames: ReadonlySet<string> = new Set();
export const emptyPageQuery: PageQuery = { campaign: noCampaign, clickIds: {}, userIds: [], anonymousIds: [], traitNames: noNames };

/** Click ids that a library found itself (`context.clickIds`), and those of the page's query. */
export function withGivenClickIds(given: unknown, query: PageQuery): Readonly<Record<string, string>> {
  if (!isPlainObject(given)) return query.clickIds;
  const clickIds: Record<string, string> = { ...query.clickIds };
  for (const name of clickIdNames) {
    const value = textOf(given[name]);
    if (value !== "" && value.length <= CLICK_ID_CHARACTERS_MAX) clickIds[name] = value;
  }
  return clickIds;
}

/** Reads the query of an address, of its fragment (`#/route?…`), and a query given by itself (with or without `?`). */
export function readPageQuery(url: string, search: string): PageQuery {
  const urlQuery = url.indexOf("?");
  if (urlQuery === -1 && search === "") return emptyPageQuery;
  const urlHash = url.indexOf("#");
  const reader = new QueryReader();
  if (urlQuery !== -1) reader.read(url, urlHash !== -1 && urlHash < urlQuery ? urlHash : urlQuery + 1);
  if (search !== "" && (urlQuery === -1 || url.indexOf(search, urlQuery) === -1)) reader.read(search, search.startsWith("?") ? 1 : 0);
  return reader;
}

const AMPERSAND = 0x26;
const HASH = 0x23;
const QUESTION_MARK = 0x3f;

class QueryReader implements PageQuery {
  readonly campaign = new Map<string, string>();
  readonly clickIds: Record<string, string> = {};
  readonly userIds: string[] = [];
  readonly anonymousIds: string[] = [];
  readonly traitNames = new Set<string>();

  read(text: string, from: number): void {
    let start = from;
    let isFragment = false;
    for (let at = from; at <= text.length; at++) {
      const code = text.charCodeAt(at);
      // A `?` is part of a value, but begins the query of a route in the fragment.
      const ends = at === text.length || code === AMPERSAND || code === HASH || (isFragment && code === QUESTION_MARK);
      if (!ends) continue;
      if (at > start) this.#pair(text, start, at);
      start = at + 1;
      isFragment ||= code === HASH;
    }
  }

  #pair(text: string, start: number, end: number): void {
    const equals = text.indexOf("=", start);
    if (equals === -1 || equals >= end || equals === start) return;
    const rawName = text.slice(start, equals);
    const name = (rawName.includes("%") || rawName.includes("+") ? decodeQuery(rawName) : rawName).trim();
    const lower = name.toLowerCase();
    if (lower.startsWith("utm_")) {
      const key = lower.slice(4);
      const value = decodeQuery(text.slice(equals + 1, end));
      if (!this.campaign.has(key)) this.campaign.set(key, shortTextOf(value, CAMPAIGN_CHARACTERS_MAX));
    } else if (lower.startsWith("ajs_")) {
      this.#identity(lower, name, text.slice(equals + 1, end));
    } else if (clickIdNames.has(lower)) {
      const value = decodeQuery(text.slice(equals + 1, end));
      if (value !== "" && value.length <= CLICK_ID_CHARACTERS_MAX && this.clickIds[lower] === undefined) this.clickIds[lower] = value;
    }
  }

  #identity(lower: string, name: string, rawValue: string): void {
    if (lower.startsWith("ajs_trait_")) {
      this.traitNames.add(name.slice("ajs_trait_".length));
      return;
    }
    const values = lower === "ajs_uid" ? this.userIds : lower === "ajs_aid" ? this.anonymousIds : undefined;
    if (values === undefined) return;
    values.push(decodeQuery(rawValue).trim(), rawValue.trim());
    // analytics.js takes what stands before a second `=`.
    const equals = rawValue.indexOf("=");
    if (equals !== -1) values.push(decodeQuery(rawValue.slice(0, equals)).trim());
  }
}

/** Percent-decoding as browsers do it in queries; what can't be decoded stays as it is. Never a lone surrogate or NUL. */
export function decodeQuery(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  try {
    const decoded = decodeURIComponent(spaced);
    return decoded.includes("\0") ? decoded.replaceAll("\0", "\ufffd") : decoded;
  } catch {
    return spaced;
  }
}
