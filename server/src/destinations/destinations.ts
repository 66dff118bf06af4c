// The door of this folder: what destinations there are, and how each is spoken to.
export {
  exchangeBytesMax, type AudienceAtVendor, type Catalog, type Connection, type Destination, type Exchange, type MadeAudience, type Outcome, type RefreshedTokens, type SendItem, type SendRequest,
  type SendResult, type TestResult,
} from "./destination.ts";
export { OUTGOING_COLUMNS, outgoingEvent, personNow, traitsOut, type PersonNow, type StoredEvent } from "./outgoing-event.ts";
export { createHostedCatalog, type HostedCatalogOptions } from "./catalog/catalog.ts";
export {
  archiveDestination, changeDestination, connectionOf, createDestination, destinationInUse, destinationLimits, goneText, keepTokens, lockDestinations, openSettings, presentDestination, readableSettings,
  readDestinations, type StoredDestination,
} from "./destination-store.ts";
export { mergedSettings, problemsText, secretKeys, secretTexts, settingsProblems, shownSettings, type FieldProblem } from "./destination-settings.ts";
export {
  actionOf, archiveSubscription, changeSubscription, createSubscription, holdAudience, presentSubscription, presentSubscriptionVersion, readAudienceNames, readSubscriptions, readSubscriptionsOf,
  readSubscriptionVersions, subscriptionLimits, subscriptionProblems, subscriptionsOfAudience, targetOf, type StoredSubscription,
} from "./subscription-store.ts";
export { givenEvent, TRIED_COLUMNS, triedRow, type TriedEvent, type TriedRow } from "./tried-event.ts";
export { audienceEvent, type AudienceChange, type AudienceSending } from "./audience-event.ts";
export { joinCatalogs } from "./joined-catalog.ts";
export { ownDestinations, type OwnParts } from "./own/own-destinations.ts";
