// The door of this folder: what arrives, counted; what has changed in it; and which fields are proposed as personal.
export { createObserver, type Observer, type ObserverOptions } from "./observer.ts";
export { observedLimits, type ObservedLimits } from "./observed-limits.ts";
export { readEvents, readObservedFields, readSummary, type ShownEvent, type ShownField, type Summary } from "./read-observed.ts";
export { readPathCounts, readSeenNames, readTrackNames, type NameCount, type PathCount, type SeenNames } from "./read-names.ts";
