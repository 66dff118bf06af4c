// The door of this folder: what is sent to destinations, when, and what became of it.
export { adviceFor } from "./advice.ts";
export { readAudienceSends, type AudienceSend } from "./audience-sends.ts";
export { NO_REQUEST } from "./delivery-log.ts";
export { createDeliverer, type Deliverer } from "./deliverer.ts";
export {
  readBacklog, readCounts, readCountSeries, readDeliveries, readErrors, readEventCursor, readExchanges, readHashes, readLatency, readParkedOfPerson, readParkedSummary, readStates,
  type CountRow, type DeliveryRow, type DestinationState, type ExchangeRow, type HashRow, type ParkedRow,
} from "./read-deliveries.ts";
export { actOnForgetting, openForgetting, readForgetting, readForgettingOfRow, readForgettings, type StoredForgetting } from "./forgetting-requests.ts";
export { emptyAudience, emptyDestination, emptySubscription } from "./empty-at-vendor.ts";
export { BUYERS_MIN, PEOPLE_MIN, readHoldOut, type Arm } from "./hold-out.ts";
export { answerStop, countTold, forgetTold, hasBegun, readAsked, readStops, readSyncs, startSync, stopSync, type StoredStop, type StoredSync } from "./syncs.ts";
export { profilesByIdentifier } from "./people.ts";
export { countReplay, replayWish, type ReplayWish } from "./replay.ts";
