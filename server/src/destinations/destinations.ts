// The door of this folder: what destinations there are, and how each is spoken to.
export {
  exchangeBytesMax, type AudienceAtVendor, type Catalog, type Connection, type Destination, type Exchange, type MadeAudience, type Outcome, type RefreshedTokens, type SendItem, type SendRequest,
  type SendResult, type TestResult,
} from "./destination.ts";
export { OUTGOING_COLUMNS, outgoingEvent, personNow, traitsOut, type PersonNow, type StoredEvent } from "./outgoing-event.ts";
export { ownDestinations, type OwnParts } from "./own/own-destinations.ts";
