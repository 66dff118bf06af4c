// The door of this folder: what is sent to destinations, when, and what became of it.
export { createDeliverer, type Deliverer, type DelivererOptions } from "./deliverer.ts";
export { deliveryLimits, type DeliveryLimits } from "./delivery-limits.ts";
export type { DeliveryOutcome } from "./entry.ts";
export type { GateState } from "./gate.ts";
