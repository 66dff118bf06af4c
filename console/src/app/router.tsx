// Every address of the console. Pages are loaded when they are visited, with the texts that they show; pointing at a link begins that.
import { Button } from "@mantine/core";
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Link, Outlet, redirect, type ErrorComponentProps } from "@tanstack/react-router";
import { IconMapQuestion } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem, currentToken, useToken } from "../api.ts";
import { membersSearch } from "../features/accounts/members-search.ts";
import { sessionQuery } from "../features/accounts/session.ts";
import { audienceSearch, audiencesSearch, builderSearch } from "../features/audiences/audiences-search.ts";
import { computedSearch, newComputedSearch } from "../features/computed/computed-search.ts";
import { audienceQuery, audiencePagesQuery } from "../features/audiences/queries.ts";
import { alertRulesSearch, alertsSearch } from "../features/alerts/alerts-search.ts";
import { auditSearch } from "../features/audit/audit-search.ts";
import { forgettingsSearch } from "../features/forgettings/forgettings-search.ts";
import { exportsSearch } from "../features/exports/exports-search.ts";
import { liveSearch } from "../features/events/live-search.ts";
import { catalogSearch, destinationSearch, destinationsSearch } from "../features/destinations/destinations-search.ts";
import { catalogDetailQuery, catalogQuery, destinationListQuery, destinationQuery } from "../features/destinations/queries.ts";
import { setUpSearch } from "../features/destinations/set-up/set-up-search.ts";
import { newSubscriptionSearch, subscriptionSearch } from "../features/destinations/subscription/subscription-search.ts";
import { heldSearch } from "../features/held/held-search.ts";
import { importsSearch, newImportSearch } from "../features/imports/imports-search.ts";
import { homeSearch } from "../features/home/home-search.ts";
import { mergesSearch } from "../features/identity/merges-search.ts";
import { problemsSearch } from "../features/settings/problems-search.ts";
import { vocabularySearch } from "../features/settings/vocabulary-search.ts";
import { tokensSearch } from "../features/settings/tokens-search.ts";
import { modelSearch, modelsSearch } from "../features/models/models-search.ts";
import { profilePagesQuery, readAhead } from "../features/profiles/queries.ts";
import { personSearch, profilesSearch } from "../features/profiles/search.ts";
import { sectionsFor } from "../features/settings/settings-sections.ts";
import { startSearch } from "../features/start/start-search.ts";
import { eventFieldsQuery, observedEventsQuery } from "../features/schema/queries.ts";
import { fieldsSearch, schemaSearch } from "../features/schema/schema-search.ts";
import { sourceListQuery } from "../features/sources/queries.ts";
import { sourceSearch } from "../features/sources/source-search.ts";
import { sqlSearch } from "../features/sql/sql-search.ts";
import { sourcesSearch } from "../features/sources/sources-search.ts";
import { texts, withTexts } from "../texts/texts.ts";
import { Empty, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Shell } from "./shell.tsx";

const RETRIES_MAX = 2;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
  mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again.
      retry: (failures, error) => failures < RETRIES_MAX && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});

interface Context {
  readonly queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; ended?: boolean; error?: string } => ({
    // Only to a page of ours: `//host` would be somebody else's.
    ...(typeof search["next"] === "string" && /^\/(?![/\\])/.test(search["next"]) ? { next: search["next"] } : {}),
    ...(search["ended"] === true ? { ended: true } : {}),
    // Said by the way back from single sign-on.
    ...(typeof search["error"] === "string" ? { error: search["error"].slice(0, 60) } : {}),
  }),
  component: lazyRouteComponent(withTexts(["accounts", "signIn"], () => import("../features/accounts/sign-in-page.tsx")), "SignInPage"),
});
const join = createRoute({ getParentRoute: () => root, path: "/join/$token", component: lazyRouteComponent(withTexts(["accounts", "roles", "signIn"], () => import("../features/accounts/join-page.tsx")), "JoinPage") });
const forgot = createRoute({ getParentRoute: () => root, path: "/forgot-password", component: lazyRouteComponent(withTexts(["accounts", "signIn"], () => import("../features/accounts/forgot-page.tsx")), "ForgotPage") });
const reset = createRoute({ getParentRoute: () => root, path: "/reset-password/$token", component: lazyRouteComponent(withTexts(["accounts", "signIn"], () => import("../features/accounts/reset-page.tsx")), "ResetPage") });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    const next = location.href === "/" ? {} : { next: location.href };
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.status === 401)) throw error;
      const hadToken = currentToken() !== undefined;
      useToken(undefined);
      throw redirect({ to: "/sign-in", search: { ...next, ...(hadToken ? { ended: true } : {}) } });
    }
  },
  component: Shell,
  errorComponent: PageFailed,
});

const home = createRoute({
  getParentRoute: () => shell, path: "/", validateSearch: homeSearch,
  component: lazyRouteComponent(() => import("../features/home/home-page.tsx"), "HomePage"),
});
const start = createRoute({
  getParentRoute: () => shell, path: "/start", validateSearch: startSearch, component: lazyRouteComponent(withTexts(["demo", "sdks", "sources", "start"], () => import("../features/start/start-page.tsx")), "StartPage"),
});
const scenarios = createRoute({
  getParentRoute: () => shell, path: "/start/scenarios", component: lazyRouteComponent(withTexts(["demo", "scenarios"], () => import("../features/start/scenarios-page.tsx")), "ScenariosPage"),
});
const sources = createRoute({
  getParentRoute: () => shell, path: "/sources", validateSearch: sourcesSearch, loader: ({ context }) => void context.queryClient.prefetchQuery(sourceListQuery),
  component: lazyRouteComponent(withTexts(["imports", "sources"], () => import("../features/sources/sources-page.tsx")), "SourcesPage"),
});
const newSource = createRoute({
  getParentRoute: () => shell, path: "/sources/new", component: lazyRouteComponent(withTexts(["sources"], () => import("../features/sources/new-source-page.tsx")), "NewSourcePage"),
});
const source = createRoute({
  getParentRoute: () => shell, path: "/sources/$sourceId", validateSearch: sourceSearch, loader: ({ context }) => void context.queryClient.prefetchQuery(sourceListQuery),
  component: lazyRouteComponent(withTexts(["held", "sdks", "sources"], () => import("../features/sources/source-page.tsx")), "SourcePage"),
});
const held = createRoute({
  getParentRoute: () => shell, path: "/held", validateSearch: heldSearch,
  component: lazyRouteComponent(withTexts(["events", "held", "path"], () => import("../features/held/held-page.tsx")), "HeldPage"),
});
const importsRoute = createRoute({
  getParentRoute: () => shell, path: "/imports", validateSearch: importsSearch,
  component: lazyRouteComponent(withTexts(["imports"], () => import("../features/imports/imports-page.tsx")), "ImportsPage"),
});
const newImport = createRoute({
  getParentRoute: () => shell, path: "/imports/new", validateSearch: newImportSearch,
  component: lazyRouteComponent(withTexts(["imports"], () => import("../features/imports/new-import-page.tsx")), "NewImportPage"),
});
const schema = createRoute({
  getParentRoute: () => shell, path: "/schema", validateSearch: schemaSearch, loader: ({ context }) => void context.queryClient.prefetchQuery(observedEventsQuery),
  component: lazyRouteComponent(withTexts(["schema"], () => import("../features/schema/schema-page.tsx")), "SchemaPage"),
});
const schemaEvent = createRoute({
  getParentRoute: () => shell, path: "/schema/$event", validateSearch: fieldsSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(eventFieldsQuery(params.event)),
  component: lazyRouteComponent(withTexts(["schema", "sources"], () => import("../features/schema/event-fields-page.tsx")), "EventFieldsPage"),
});
const live = createRoute({
  getParentRoute: () => shell, path: "/live", validateSearch: liveSearch,
  component: lazyRouteComponent(withTexts(["events", "held", "path"], () => import("../features/events/live-page.tsx")), "LivePage"),
});
const profiles = createRoute({
  getParentRoute: () => shell, path: "/profiles", validateSearch: profilesSearch, loaderDeps: ({ search }) => ({ search: search.search ?? "" }),
  loader: ({ context, deps }) => void context.queryClient.prefetchInfiniteQuery(profilePagesQuery(deps.search)),
  component: lazyRouteComponent(withTexts(["profiles"], () => import("../features/profiles/profiles-page.tsx")), "ProfilesPage"),
});
const sql = createRoute({
  getParentRoute: () => shell, path: "/sql", validateSearch: sqlSearch, component: lazyRouteComponent(withTexts(["sql"], () => import("../features/sql/sql-page.tsx")), "SqlPage"),
});
const forgettings = createRoute({
  getParentRoute: () => shell, path: "/forgettings", validateSearch: forgettingsSearch,
  component: lazyRouteComponent(withTexts(["forgettings"], () => import("../features/forgettings/forgettings-page.tsx")), "ForgettingsPage"),
});
const exportsRoute = createRoute({
  getParentRoute: () => shell, path: "/exports", validateSearch: exportsSearch, component: lazyRouteComponent(withTexts(["exports"], () => import("../features/exports/exports-page.tsx")), "ExportsPage"),
});
const audit = createRoute({
  getParentRoute: () => shell, path: "/audit", validateSearch: auditSearch,
  component: lazyRouteComponent(withTexts(["audit", "roles"], () => import("../features/audit/audit-page.tsx")), "AuditPage"),
});
const alerts = createRoute({
  getParentRoute: () => shell, path: "/alerts", validateSearch: alertsSearch, component: lazyRouteComponent(withTexts(["alerts"], () => import("../features/alerts/alerts-page.tsx")), "AlertsPage"),
});
const models = createRoute({ getParentRoute: () => shell, path: "/models" });
const modelList = createRoute({ getParentRoute: () => models, path: "/", validateSearch: modelsSearch, component: lazyRouteComponent(withTexts(["deliveries", "models", "setUp"], () => import("../features/models/models-page.tsx")), "ModelsPage") });
const modelNew = createRoute({ getParentRoute: () => models, path: "/new", component: lazyRouteComponent(withTexts(["models"], () => import("../features/models/editor-page.tsx")), "NewModelPage") });
const model = createRoute({ getParentRoute: () => models, path: "/$slug", validateSearch: modelSearch, component: lazyRouteComponent(withTexts(["deliveries", "models"], () => import("../features/models/model-page.tsx")), "ModelPage") });
const modelEdit = createRoute({ getParentRoute: () => models, path: "/$slug/edit", component: lazyRouteComponent(withTexts(["models"], () => import("../features/models/editor-page.tsx")), "EditModelPage") });
const about = createRoute({
  getParentRoute: () => shell, path: "/about", component: lazyRouteComponent(withTexts(["about"], () => import("../features/about/about-page.tsx")), "AboutPage"),
});
const person = createRoute({
  getParentRoute: () => shell, path: "/profiles/$ref", validateSearch: personSearch,
  loader: ({ context, params, location, preload }) => void readAhead(context.queryClient, params.ref, personSearch({ ...location.search }), !preload),
  component: lazyRouteComponent(withTexts(["audiences", "computed", "deliveries", "desk", "events", "exports", "identity", "profiles"], () => import("../features/profiles/person-page.tsx")), "PersonPage"),
});

const computed = createRoute({ getParentRoute: () => shell, path: "/computed-traits" });
const computedList = createRoute({
  getParentRoute: () => computed, path: "/", validateSearch: computedSearch, component: lazyRouteComponent(withTexts(["audiences", "computed", "vocabulary"], () => import("../features/computed/computed-page.tsx")), "ComputedPage"),
});
const computedNew = createRoute({
  getParentRoute: () => computed, path: "/new", validateSearch: newComputedSearch, component: lazyRouteComponent(withTexts(["audiences", "computed", "vocabulary"], () => import("../features/computed/editor-page.tsx")), "NewComputedPage"),
});
const computedOne = createRoute({ getParentRoute: () => computed, path: "/$slug", component: lazyRouteComponent(withTexts(["audiences", "computed", "vocabulary"], () => import("../features/computed/editor-page.tsx")), "ComputedTraitPage") });
const audiences = createRoute({ getParentRoute: () => shell, path: "/audiences" });
const audienceList = createRoute({
  getParentRoute: () => audiences, path: "/", validateSearch: audiencesSearch, loaderDeps: ({ search }) => search,
  loader: ({ context, deps: { show, search = "", folder, status = "in_use" } }) => { if (show === undefined) void context.queryClient.prefetchInfiniteQuery(audiencePagesQuery({ search, folder, status })); },
  component: lazyRouteComponent(withTexts(["audiences", "vocabulary"], () => import("../features/audiences/audiences-page.tsx")), "AudiencesPage"),
});
const audienceNew = createRoute({
  getParentRoute: () => audiences, path: "/new", validateSearch: builderSearch,
  component: lazyRouteComponent(withTexts(["audiences", "vocabulary"], () => import("../features/audiences/builder/builder-page.tsx")), "NewAudiencePage"),
});
const audienceOne = createRoute({ getParentRoute: () => audiences, path: "/$slug" });
const audiencePage = createRoute({
  getParentRoute: () => audienceOne, path: "/", validateSearch: audienceSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(audienceQuery(params.slug)),
  component: lazyRouteComponent(withTexts(["audienceSync", "audiences", "events", "held", "path"], () => import("../features/audiences/page/audience-page.tsx")), "AudiencePage"),
});
const audienceEdit = createRoute({
  getParentRoute: () => audienceOne, path: "/edit", validateSearch: builderSearch,
  component: lazyRouteComponent(withTexts(["audiences", "vocabulary"], () => import("../features/audiences/builder/builder-page.tsx")), "EditAudiencePage"),
});
const destinations = createRoute({ getParentRoute: () => shell, path: "/destinations" });
const destinationList = createRoute({
  getParentRoute: () => destinations, path: "/", validateSearch: destinationsSearch, loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queryClient.prefetchQuery(destinationListQuery(deps)),
  component: lazyRouteComponent(withTexts(["destinations", "setUp"], () => import("../features/destinations/destinations-page.tsx")), "DestinationsPage"),
});
const destinationCatalog = createRoute({
  getParentRoute: () => destinations, path: "/catalog", validateSearch: catalogSearch, loaderDeps: ({ search: { search, category, show } }) => ({ search, category, show }),
  loader: ({ context, deps }) => void context.queryClient.prefetchQuery(catalogQuery(deps)),
  component: lazyRouteComponent(withTexts(["destinations", "setUp"], () => import("../features/destinations/catalog-page.tsx")), "CatalogPage"),
});
const destinationNew = createRoute({
  getParentRoute: () => destinations, path: "/new/$definition", validateSearch: setUpSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(catalogDetailQuery(params.definition)),
  component: lazyRouteComponent(withTexts(["deliveries", "destinations", "oauth", "setUp", "subscriptions"], () => import("../features/destinations/set-up/set-up-page.tsx")), "SetUpPage"),
});
const destinationOne = createRoute({
  getParentRoute: () => destinations, path: "/$slug", validateSearch: destinationSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(destinationQuery(params.slug)),
  component: lazyRouteComponent(withTexts(["audienceSync", "deliveries", "destinations", "oauth", "setUp", "subscriptions"], () => import("../features/destinations/destination-page.tsx")), "DestinationPage"),
});
const newSubscription = createRoute({
  getParentRoute: () => destinations, path: "/$slug/subscriptions/new", validateSearch: newSubscriptionSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(destinationQuery(params.slug)),
  component: lazyRouteComponent(withTexts(["audiences", "deliveries", "models", "subscriptions"], () => import("../features/destinations/subscription/new-subscription-page.tsx")), "NewSubscriptionPage"),
});
const subscription = createRoute({
  getParentRoute: () => destinations, path: "/$slug/subscriptions/$id", validateSearch: subscriptionSearch, loader: ({ context, params }) => void context.queryClient.prefetchQuery(destinationQuery(params.slug)),
  component: lazyRouteComponent(withTexts(["audiences", "deliveries", "models", "subscriptions"], () => import("../features/destinations/subscription/subscription-page.tsx")), "SubscriptionPage"),
});
const identity = createRoute({
  getParentRoute: () => shell, path: "/identity", validateSearch: mergesSearch,
  component: lazyRouteComponent(withTexts(["desk", "identity", "profiles"], () => import("../features/identity/merges-page.tsx")), "MergesPage"),
});

const settings = createRoute({
  getParentRoute: () => shell, path: "/settings", component: lazyRouteComponent(() => import("../features/settings/settings-layout.tsx"), "SettingsLayout"),
});
const settingsStart = createRoute({
  getParentRoute: () => settings, path: "/",
  beforeLoad: async ({ context }) => {
    throw redirect({ to: sectionsFor(await context.queryClient.ensureQueryData(sessionQuery))[0]?.path ?? "/", replace: true });
  },
});
const settingsAccount = createRoute({
  getParentRoute: () => settings, path: "/account", component: lazyRouteComponent(withTexts(["accounts", "roles"], () => import("../features/accounts/account-page.tsx")), "AccountPage"),
});
const settingsMembers = createRoute({
  getParentRoute: () => settings, path: "/members", validateSearch: membersSearch, component: lazyRouteComponent(withTexts(["members", "roles"], () => import("../features/accounts/members-page.tsx")), "MembersPage"),
});

const settingsIdentity = createRoute({
  getParentRoute: () => settings, path: "/identity", component: lazyRouteComponent(withTexts(["identity", "identityRules"], () => import("../features/identity/rules-page.tsx")), "RulesPage"),
});

const settingsWorkspace = createRoute({
  getParentRoute: () => settings, path: "/workspace", component: lazyRouteComponent(withTexts(["workspace"], () => import("../features/settings/workspace-page.tsx")), "WorkspacePage"),
});
const settingsAlerts = createRoute({
  getParentRoute: () => settings, path: "/alerts", validateSearch: alertRulesSearch, component: lazyRouteComponent(withTexts(["alerts"], () => import("../features/alerts/alert-settings-page.tsx")), "AlertSettingsPage"),
});
const settingsProblems = createRoute({
  getParentRoute: () => settings, path: "/problems", validateSearch: problemsSearch, component: lazyRouteComponent(withTexts(["problemRules"], () => import("../features/settings/problems-page.tsx")), "ProblemsPage"),
});
const settingsVocabulary = createRoute({
  getParentRoute: () => settings, path: "/vocabulary", validateSearch: vocabularySearch, component: lazyRouteComponent(withTexts(["problemRules", "vocabulary"], () => import("../features/settings/vocabulary-page.tsx")), "VocabularyPage"),
});
const settingsTokens = createRoute({
  getParentRoute: () => settings, path: "/tokens", validateSearch: tokensSearch, component: lazyRouteComponent(withTexts(["tokens"], () => import("../features/settings/tokens-page.tsx")), "TokensPage"),
});
const settingsLimits = createRoute({
  getParentRoute: () => settings, path: "/limits", component: lazyRouteComponent(withTexts(["limits"], () => import("../features/settings/limits-page.tsx")), "LimitsPage"),
});

const settingsRoutes = settings.addChildren([
  settingsStart,
  settingsAccount,
  settingsMembers,
  settingsWorkspace,
  settingsTokens,
  settingsLimits,
  settingsIdentity,
  settingsProblems,
  settingsAlerts,
  settingsVocabulary,
]);

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    join,
    forgot,
    reset,
    shell.addChildren([
      home,
      start,
      scenarios,
      sources,
      newSource,
      source,
      schema,
      schemaEvent,
      live,
      held,
      importsRoute,
      newImport,
      profiles,
      person,
      computed.addChildren([computedList, computedNew, computedOne]),
      audiences.addChildren([audienceList, audienceNew, audienceOne.addChildren([audiencePage, audienceEdit])]),
      destinations.addChildren([destinationList, destinationCatalog, destinationNew, destinationOne, newSubscription, subscription]),
      identity,
      audit,
      forgettings,
      exportsRoute,
      sql,
      alerts,
      models.addChildren([modelList, modelNew, model, modelEdit]),
      about,
      settingsRoutes,
    ]),
  ]),
  context: { queryClient },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function leaveWhenSignedOut(error: Error): void {
  if (!(error instanceof ApiProblem) || error.status !== 401) return;
  const { href, pathname } = router.state.location;
  if (/^\/(sign-in|join|forgot-password|reset-password)(\/|$)/.test(pathname)) return;
  useToken(undefined);
  queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: "/sign-in", search: { next: href, ended: true } });
}

function NotFound(): ReactNode {
  const t = texts.everywhere.notFound;
  return <main><Page title={t.title} heading={<h1 className="unseen">{t.title}</h1>}><Empty icon={<IconMapQuestion size={28} stroke={1.4} />} title={t.title} text={t.text} action={<Link to="/">{t.action}</Link>} /></Page></main>;
}

function PageFailed({ error, reset }: ErrorComponentProps): ReactNode {
  const t = texts.everywhere.pageFailed;
  // A page of the build before is gone: only loading everything anew brings the one that is there.
  const again = (): void => (error instanceof ApiProblem ? (reset(), void router.invalidate()) : location.reload());
  return (
    <Page title={texts.everywhere.failedToLoad}>
      {error instanceof ApiProblem ? <ProblemNotice problem={error} onRetry={again} /> : (
        <><ProblemNotice problem={Object.assign(new Error(t.message), { hint: t.hint, code: String(error) })} /><p><Button mt={12} onClick={again}>{texts.everywhere.retry}</Button></p></>
      )}
    </Page>
  );
}
