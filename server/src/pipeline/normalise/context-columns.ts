// The context of an event as plain columns; '' for what it does not say. Everything else of the context stays in the
// payload as received. The country comes from `context.location.country` alone: a locale's region is not where someone is.
import type { CallType, ContextColumns } from "../event.ts";
import { ADDRESS_CHARACTERS_MAX, LABEL_CHARACTERS_MAX } from "./limits.ts";
import { withGivenClickIds, type PageQuery } from "./page-query.ts";
import { firstText, objectOf, shortTextOf, type PlainObject } from "./read-field.ts";
import type { UserAgent } from "./user-agent.ts";

export interface Page {
  readonly url: string;
  readonly path: string;
  readonly referrer: string;
  readonly search: string;
}

/** The page that the event happened on; a page call may carry it among its properties. */
export function readPage(type: CallType, context: Readonly<PlainObject>, properties: Readonly<PlainObject>): Page {
  const page = objectOf(context["page"]);
  const own: Readonly<PlainObject> = type === "page" ? properties : page;
  const url = firstText(page["url"], own["url"]);
  return {
    url,
    path: firstText(page["path"], own["path"]) || pathOf(url),
    referrer: firstText(page["referrer"], own["referrer"], objectOf(context["referrer"])["url"]),
    search: firstText(page["search"], own["search"]),
  };
}

export function contextColumns(
  context: Readonly<PlainObject>, found: { readonly page: Page; readonly query: PageQuery; readonly device: UserAgent; readonly ip: string },
): ContextColumns {
  const { page, query, device, ip } = found;
  const campaign = objectOf(context["campaign"]);
  const library = context["library"];
  const libraryFields = objectOf(library);
  return {
    ip,
    country: countryOf(label(objectOf(context["location"])["country"])),
    locale: label(context["locale"]).replaceAll("_", "-"),
    timezone: label(context["timezone"]),
    deviceType: device.deviceType,
    os: device.os,
    browser: device.browser,
    pageUrl: address(page.url),
    pagePath: address(page.path),
    pageReferrer: address(page.referrer),
    campaignSource: label(campaign["source"]) || (query.campaign.get("source") ?? ""),
    campaignMedium: label(campaign["medium"]) || (query.campaign.get("medium") ?? ""),
    campaignName: label(campaign["name"]) || label(campaign["campaign"]) || (query.campaign.get("campaign") ?? ""),
    campaignTerm: label(campaign["term"]) || (query.campaign.get("term") ?? ""),
    campaignContent: label(campaign["content"]) || (query.campaign.get("content") ?? ""),
    clickIds: withGivenClickIds(context["clickIds"], query),
    library: label(typeof library === "string" ? library : libraryFields["name"]),
    libraryVersion: label(libraryFields["version"]),
  };
}

function label(value: unknown): string {
  return shortTextOf(value, LABEL_CHARACTERS_MAX);
}

function address(text: string): string {
  return text.length <= ADDRESS_CHARACTERS_MAX ? text : text.slice(0, ADDRESS_CHARACTERS_MAX).toWellFormed();
}

function countryOf(text: string): string {
  return text.length === 2 ? text.toUpperCase() : text;
}

/** The path of an absolute address; '' for anything else. */
function pathOf(url: string): string {
  const scheme = url.indexOf("://");
  if (scheme === -1) return "";
  let end = url.length;
  for (let at = scheme + 3; at < url.length; at++) {
    const code = url.charCodeAt(at);
    if (code === QUESTION_MARK || code === HASH) {
      end = at;
      break;
    }
  }
  const start = url.indexOf("/", scheme + 3);
  return start === -1 || start >= end ? "/" : url.slice(start, end);
}

const QUESTION_MARK = 0x3f;
const HASH = 0x23;
