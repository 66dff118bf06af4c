// Where each vendor lets people sign in for an app, and gives tokens for it: facts of the vendors' documentation, read and not tried. Segment's
// package has only the second half of it, renewing. Whatever stands here a workspace may put right in its own settings.

/** How a destination comes by tokens. `consent`: somebody signs in at the vendor. `settings`: they are asked for with the settings alone. */
export type TokenSource = "consent" | "settings" | "none";

export interface OAuthVendor {
  readonly name: string;
  /** Undefined: not known; the workspace gives it. */
  readonly authorizeUrl: string | undefined;
  readonly tokenUrl: string | undefined;
  readonly revokeUrl?: string | undefined;
  readonly scopes: readonly string[];
  /** Takes a code challenge (RFC 7636). */
  readonly pkce: boolean;
  /** How the app says who it is when it asks for tokens. */
  readonly client: "body" | "basic";
  /** More of the address that is opened. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Vendors that have an OAuth of their own: names of parameters, a body of JSON, a token that is changed for a longer one. */
  readonly dialect?: "tiktok" | "meta" | undefined;
  readonly documentation: string;
}

type Settings = Readonly<Record<string, unknown>>;

const google = (...scopes: readonly string[]): OAuthVendor => ({
  name: "Google", authorizeUrl: "https://accounts.google.com/o/oauth2/v2/auth", tokenUrl: "https://oauth2.googleapis.com/token", revokeUrl: "https://oauth2.googleapis.com/revoke",
  scopes: scopes.map((scope) => `https://www.googleapis.com/auth/${scope}`), pkce: true, client: "body",
  // Without them Google gives a refresh token the first time alone, or none.
  params: { access_type: "offline", prompt: "consent" }, documentation: "https://developers.google.com/identity/protocols/oauth2/web-server",
});

const linkedin = (...scopes: readonly string[]): OAuthVendor => ({
  name: "LinkedIn", authorizeUrl: "https://www.linkedin.com/oauth/v2/authorization", tokenUrl: "https://www.linkedin.com/oauth/v2/accessToken", revokeUrl: "https://www.linkedin.com/oauth/v2/revoke",
  scopes, pkce: false, client: "body", documentation: "https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow",
});

const salesforce = (...scopes: readonly string[]) => ({ isSandbox }: Settings): OAuthVendor => {
  const host = isSandbox === true ? "https://test.salesforce.com" : "https://login.salesforce.com";
  return {
    name: "Salesforce", authorizeUrl: `${host}/services/oauth2/authorize`, tokenUrl: `${host}/services/oauth2/token`, revokeUrl: `${host}/services/oauth2/revoke`, scopes: [...scopes, "refresh_token"],
    pkce: true, client: "body", documentation: "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm",
  };
};

/** The region is the address of its API. */
const amazon = (...scopes: readonly string[]) => ({ region }: Settings): OAuthVendor => {
  const [signIn, token] = /-eu\./.test(String(region)) ? ["https://eu.account.amazon.com/ap/oa", "https://api.amazon.co.uk/auth/o2/token"]
    : /-fe\./.test(String(region)) ? ["https://apac.account.amazon.com/ap/oa", "https://api.amazon.co.jp/auth/o2/token"] : ["https://www.amazon.com/ap/oa", "https://api.amazon.com/auth/o2/token"];
  return {
    name: "Amazon Ads", authorizeUrl: signIn, tokenUrl: token, scopes, pkce: false, client: "body",
    documentation: "https://advertising.amazon.com/API/docs/en-us/guides/account-management/authorization/authorization-grants",
  };
};

const snap = (...scopes: readonly string[]): OAuthVendor => ({
  name: "Snap", authorizeUrl: "https://accounts.snapchat.com/login/oauth2/authorize", tokenUrl: "https://accounts.snapchat.com/login/oauth2/access_token", scopes, pkce: false, client: "body",
  documentation: "https://developers.snap.com/api/marketing-api/Ads-API/authentication",
});

/** Slug → the vendor, for those where somebody signs in. */
const consent: Readonly<Record<string, OAuthVendor | ((settings: Settings) => OAuthVendor)>> = {
  // Ours.
  // Conversions are taken back by the Google Ads API, which has a scope and a token of its own.
  "google-ads-data-manager": ({ developerToken }) => google("datamanager", ...(typeof developerToken === "string" && developerToken !== "" ? ["adwords"] : [])),
  "linkedin-matched-audiences": linkedin("rw_dmp_segments", "r_ads"),
  // Segment's.
  "actions-pardot": salesforce("pardot_api", "api"),
  "amazon-amc": amazon("advertising::audiences", "advertising::campaign_management"),
  "amazon-conversions-api": amazon("advertising::campaign_management"),
  "attio": {
    name: "Attio", authorizeUrl: "https://app.attio.com/authorize", tokenUrl: "https://app.attio.com/oauth/token", scopes: [], pkce: false, client: "body", documentation: "https://docs.attio.com/rest-api/how-to/authentication",
  },
  "blackbaud-raisers-edge-nxt": {
    name: "Blackbaud", authorizeUrl: "https://app.blackbaud.com/oauth/authorize", tokenUrl: "https://oauth2.sky.blackbaud.com/token", scopes: [], pkce: true, client: "basic",
    documentation: "https://developer.blackbaud.com/skyapi/docs/authorization/auth-code-flow",
  },
  "facebook-custom-audiences": {
    name: "Meta", authorizeUrl: "https://www.facebook.com/v24.0/dialog/oauth", tokenUrl: "https://graph.facebook.com/v24.0/oauth/access_token", scopes: ["ads_management"], pkce: false, client: "body", dialect: "meta",
    documentation: "https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow",
  },
  "first-party-dv360": google("display-video"),
  "google-campaign-manager-360": google("ddmconversions"),
  "google-enhanced-conversions": google("adwords"),
  "google-sheets": google("spreadsheets", "drive.file"),
  "hilo": { name: "Hilo", authorizeUrl: undefined, tokenUrl: "https://api.hilohq.com/oauth/token", scopes: [], pkce: false, client: "body", documentation: "https://hilohq.com" },
  "hubspot": {
    name: "HubSpot", authorizeUrl: "https://app.hubspot.com/oauth/authorize", tokenUrl: "https://api.hubapi.com/oauth/v1/token",
    scopes: [
      "oauth", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read", "crm.objects.companies.write", "crm.schemas.contacts.read", "crm.schemas.companies.read", "crm.lists.read",
      "crm.lists.write", "behavioral_events.event_definitions.read_write", "analytics.behavioral_events.send",
    ],
    pkce: false, client: "body", documentation: "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth",
  },
  "intercom": {
    name: "Intercom", authorizeUrl: "https://app.intercom.com/oauth", tokenUrl: "https://api.intercom.io/auth/eagle/token", scopes: [], pkce: false, client: "body",
    documentation: "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth",
  },
  "linkedin-conversions": linkedin("rw_conversions", "r_ads"),
  "ms-bing-ads-audiences": {
    name: "Microsoft", authorizeUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", tokenUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    scopes: ["https://ads.microsoft.com/msads.manage", "offline_access"], pkce: true, client: "body", documentation: "https://learn.microsoft.com/advertising/guides/authentication-oauth-get-tokens",
  },
  "reddit-audiences": {
    name: "Reddit", authorizeUrl: "https://www.reddit.com/api/v1/authorize", tokenUrl: "https://www.reddit.com/api/v1/access_token", revokeUrl: "https://www.reddit.com/api/v1/revoke_token",
    scopes: ["adsread", "adsedit"], pkce: false, client: "basic", params: { duration: "permanent" }, documentation: "https://github.com/reddit-archive/reddit/wiki/OAuth2",
  },
  "salesforce": salesforce("api"),
  "snap-audiences": snap("snapchat-marketing-api"),
  "snap-conversions-api": snap("snapchat-marketing-api", "snapchat-offline-conversions-api"),
  "tiktok-audiences": {
    name: "TikTok", authorizeUrl: "https://business-api.tiktok.com/portal/auth", tokenUrl: "https://business-api.tiktok.com/open_api/v1.3/oauth2/access_token/", scopes: [], pkce: false, client: "body", dialect: "tiktok",
    documentation: "https://business-api.tiktok.com/portal/docs?id=1738373164380162",
  },
  "webhook-extensible": { name: "the receiver", authorizeUrl: undefined, tokenUrl: undefined, scopes: [], pkce: true, client: "basic", documentation: "https://www.rfc-editor.org/rfc/rfc6749" },
  "yotpo": { name: "Yotpo", authorizeUrl: undefined, tokenUrl: "https://developers.yotpo.com/v2/oauth/token", scopes: [], pkce: false, client: "body", documentation: "https://apidocs.yotpo.com" },
};

/** Those whose token comes of the settings alone: a client's own, or a user's name and password. Segment's package asks for it. */
const ofSettings: ReadonlySet<string> = new Set([
  "1plusx-asset-api", "acoustic", "listrak", "m3ter", "marketo-static-lists", "responsys", "salesforce-marketing-cloud", "taboola-actions",
]);

export function tokenSourceOf(slug: string): TokenSource {
  return Object.hasOwn(consent, slug) ? "consent" : ofSettings.has(slug) ? "settings" : "none";
}

/** Undefined: nobody signs in for it. */
export function vendorOf(slug: string, settings: Settings): OAuthVendor | undefined {
  const found = Object.hasOwn(consent, slug) ? consent[slug] : undefined;
  return typeof found === "function" ? found(settings) : found;
}

export const consentSlugs: readonly string[] = Object.keys(consent);
