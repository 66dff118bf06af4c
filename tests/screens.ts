// Every screen of the console that can be reached by its address, over the small shop of screenshots/shop-events.ts: for
// pictures of all of them, and for checks that each must pass.
import type { ServerProcess } from "./server-process.ts";

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
  "destination-new": "/destinations/new/signed-webhook", "destination-new-app": "/destinations/new/hubspot",
  "subscription": "/destinations/order-hook/subscriptions/1", "subscription-new": "/destinations/order-hook/subscriptions/new?action=send_batch",
  "catalog-hidden": "/destinations/catalog?show=hidden", "catalog-none": "/destinations/catalog?search=nothing-like-this",
  "computed": "/computed-traits", "computed-templates": "/computed-traits?show=templates", "computed-new": "/computed-traits/new", "computed-stages": "/computed-traits/new?template=lifecycle",
  "models": "/models", "models-none": "/models?search=nothing-like-this", "model-new": "/models/new", "model-missing": "/models/no-such-model",
  "alerts": "/alerts", "alerts-none": "/alerts?kind=nothing", "settings-alerts": "/settings/alerts", "settings-alerts-add": "/settings/alerts?add=true",
  "forgettings": "/forgettings", "forgettings-ask": "/forgettings?forget=",
  "exports": "/exports", "exports-shares": "/exports?tab=shares", "exports-nobody": "/exports?person=user_id:u-2", "exports-file": "/exports?new=file", "exports-share": "/exports?new=share",
  "audit": "/audit", "audit-reads": "/audit?action=person.", "about": "/about", "sql": "/sql", "sql-asked": "/sql?q=select%20event%2C%20count()%20as%20events%2C%20uniq(profile_id)%20as%20people%20from%20events%20group%20by%20event%20order%20by%20events%20desc", "sql-wrong": "/sql?q=select%20file('x')", "nowhere": "/nowhere",
};

/** What is still on its way on a page that is being loaded. */
export const UNFINISHED = ".bar, [aria-busy=true]";

/** What screens show that no event makes: a destination with a subscription whose mapping has something of everything. */
export async function fillScreens(server: ServerProcess): Promise<void> {
  await server.api("/destinations", { method: "POST", body: { slug: "order-hook", name: "Order hook", definition: "signed-webhook", settings: { url: "https://example.com/orders" } } });
  const data = {
    order: { "@path": "$.properties.order_id" }, mail: { "@case": { operator: "lower", value: { "@path": "$.context.traits.email" } } }, kind: { "@if": { exists: { "@path": "$.userId" }, then: "known", else: "anonymous" } },
    items: { "@arrayPath": ["$.properties.products", { name: { "@path": "$.name" }, note: { "@template": "{{quantity}} × {{price}}" } }] }, tags: ["shop", { "@path": "$.properties.currency" }],
  };
  const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"], where: [{ property: "total", op: "at_least", value: 50 }] }, mapping: { data }, consent: ["email_marketing"] };
  await server.api("/destinations/order-hook/subscriptions", { method: "POST", body: { name: "Orders", definition } });
}
