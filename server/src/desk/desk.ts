// The door of the service desk: what agents record about people, and what is open about a person. How it is asked for over
// HTTP is the API's; that a corrected trait is decided in order is the pipeline's.
export { findConsoleSource } from "./console-source.ts";
export { deskEventNames, deskEvents, type Author, type DeskEventName } from "./desk-events.ts";
export { deskStateOf, type DeskRow, type DeskState } from "./desk-state.ts";
export { eventsAskedFor, openProblems, ordersOf } from "./open-problems.ts";
export { recordAtDesk, type About, type Recorded, type RecordDeps } from "./record.ts";
