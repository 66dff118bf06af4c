// Every screen of the console that can be reached by its address, over the small shop of screenshots/shop-events.ts: for
// pictures of all of them, and for checks that each must pass.

/** Name → address. */
export const screens: Readonly<Record<string, string>> = {
  "home": "/", "home-rejected": "/?open=rejected",
  "sources": "/sources", "source": "/sources/1",
  "live": "/live", "live-held": "/live?outcome=quarantined", "live-event": "/live?type=track&message=sent-twice", "live-empty": "/live?event=Nothing",
  "profiles": "/profiles", "profiles-nobody": "/profiles?search=nobody-like-this",
  "person": "/profiles/user_id:u-2", "person-identity": "/profiles/user_id:u-2?tab=identity", "person-raw": "/profiles/user_id:u-2?tab=raw",
  "person-hostile": "/profiles/user_id:hostile-1", "person-missing": "/profiles/user_id:no-one",
  "settings-account": "/settings/account", "settings-members": "/settings/members", "settings-roles": "/settings/members?show=roles", "settings-workspace": "/settings/workspace",
  "settings-problems": "/settings/problems", "settings-problem": "/settings/problems?rule=late_order",
  "settings-vocabulary": "/settings/vocabulary", "settings-vocabulary-role": "/settings/vocabulary?role=order",
  "person-service": "/profiles/user_id:u-2?tab=service", "profiles-columns": "/profiles?cols=%5B%22city%22%2C%22plan%22%5D", "person-looked": "/profiles/user_id:u-2?q=order&kind=track",
  "settings-tokens": "/settings/tokens", "settings-limits": "/settings/limits",
  "person-identity-table": "/profiles/user_id:u-2?tab=identity&view=table", "merges": "/identity", "merges-shared": "/identity?show=shared", "settings-identity": "/settings/identity",
  "start": "/start", "start-scenarios": "/start/scenarios", "home-waiting": "/?open=waiting",
  "held": "/held", "held-refused": "/held?tab=refused", "imports": "/imports", "imports-new": "/imports/new",
  "schema": "/schema", "schema-event": "/schema/Order%20Completed",
  "audiences": "/audiences", "audiences-templates": "/audiences?show=templates", "audiences-lists": "/audiences?show=lists", "audience-new": "/audiences/new",
  "audience-template": "/audiences/new?template=vip", "audience-yaml": "/audiences/new?template=vip&view=yaml", "audience-missing": "/audiences/no-such-audience",
  "destinations": "/destinations", "destinations-none": "/destinations?search=nothing-like-this", "catalog": "/destinations/catalog", "catalog-one": "/destinations/catalog?open=signed-webhook",
  "catalog-hidden": "/destinations/catalog?show=hidden", "catalog-none": "/destinations/catalog?search=nothing-like-this",
  "computed": "/computed-traits", "computed-templates": "/computed-traits?show=templates", "computed-new": "/computed-traits/new", "computed-stages": "/computed-traits/new?template=lifecycle",
  "audit": "/audit", "audit-reads": "/audit?action=person.", "about": "/about", "nowhere": "/nowhere",
};

/** What is still on its way on a page that is being loaded. */
export const UNFINISHED = ".bar, [aria-busy=true]";
