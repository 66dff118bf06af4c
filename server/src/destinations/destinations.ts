// The door of this folder: what destinations there are, and how each is spoken to.
export {
  exchangeBytesMax, type AudienceAtVendor, type Catalog, type Connection, type Destination, type EmptiedAudience, type Exchange, type MadeAudience, type Outcome, type RefreshedTokens, type SendItem, type SendRequest,
  type SendResult, type TestResult,
} from "./destination.ts";
export { accountOf } from "./account.ts";
export { consentsOf, OUTGOING_COLUMNS, outgoingEvent, personNow, traitsOut, type PersonNow, type StoredEvent } from "./outgoing-event.ts";
export { createHostedCatalog, type HostedCatalogOptions } from "./catalog/catalog.ts";
export {
  archiveDestination, changeDestination, connectionOf, createDestination, destinationInUse, destinationLimits, goneText, keepTokens, lockDestinations, openSettings, presentDestination, readableSettings,
  readDestinations, type SealedDestination, type StoredDestination,
} from "./destination-store.ts";
export { mergedSettings, problemsText, secretKeys, secretTexts, settingsProblems, shownSettings, type FieldProblem } from "../core/kept-settings.ts";
export {
  actionOf, archiveSubscription, changeSubscription, createSubscription, holdAudience, holdModel, presentSubscription, presentSubscriptionVersion, readAudienceNames, readAudiencesSent, readReferences,
  readSubscriptions, readSubscriptionsOf, readSubscriptionsOfModel, readSubscriptionVersions, subscriptionLimits, subscriptionProblems, subscriptionsOfAudience, targetOf, type References,
  type StoredSubscription,
} from "./subscription-store.ts";
export { givenEvent, TRIED_COLUMNS, triedRow, type TriedEvent, type TriedRow } from "./tried-event.ts";
export { audienceEvent, type AudienceChange, type AudienceSending } from "./audience-event.ts";
export { appIdentity, appOf, connectionApp, type OAuthApp } from "./oauth/app-settings.ts";
export {
  authorizationText, beginAuthorization, finishAuthorization, forgetTokens, keepGivenTokens, readAuthorization, type Finished, type FinishParts,
} from "./oauth/authorization.ts";
export { createKeptTokens, tokensOf, type KeptTokens } from "./oauth/kept-tokens.ts";
export { createTokenKeeper, type TokenKeeper } from "./oauth/token-keeper.ts";
export { tokenSourceOf } from "./oauth/vendors.ts";
export { ROW_CHANGES, rowEvent, rowIdentifier, takesRow, type RowChange, type RowIdentifier, type RowSending } from "./row-event.ts";
export { placeProblems } from "./setting-places.ts";
export { joinCatalogs } from "./joined-catalog.ts";
export { createLayoutColumns, type LayoutColumns } from "./own/layout-columns.ts";
export { ownDestinations, type OwnParts } from "./own/own-destinations.ts";
