// The door of this folder: what is sent to destinations, when, and what became of it.
export { adviceFor } from "./advice.ts";
export { createDeliverer, type Deliverer, type DelivererOptions } from "./deliverer.ts";
export { deliveryLimits, type DeliveryLimits } from "./delivery-limits.ts";
export type { DeliveryOutcome } from "./entry.ts";
export type { GateState } from "./gate.ts";
export {
  readBacklog, readCounts, readCountSeries, readDeliveries, readErrors, readEventCursor, readExchanges, readLatency, readParkedOfPerson, readParkedSummary, readStates,
  type CountRow, type DeliveryFilter, type DeliveryRow, type DestinationState, type ExchangeRow, type ParkedRow,
} from "./read-deliveries.ts";
export { countReplay, replayWish, type ReplayWish } from "./replay.ts";
