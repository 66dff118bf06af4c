// The door of this folder: what is watched, what is wrong, and whom it is told.
export { acknowledgeAlert, countAlerts, presentAlert, readAlerts, readTellings, snoozeAlert, type StoredAlert, type StoredTelling } from "./alert-store.ts";
export { runAlerting, type AlertingOptions } from "./alerting.ts";
export {
  changeChannel, createAlertChannels, createChannel, deleteChannel, presentChannel, readChannels, type AlertChannels, type ShownChannel,
} from "./channels.ts";
export { alertKindOf, alertKinds } from "./alert-kinds.ts";
export type { AlertKind } from "./alert-kind.ts";
export { sentenceOf, testMessage } from "./message.ts";
export { createAlertMetrics } from "./alert-metrics.ts";
export { defaultsOf, namesOfSubjects, readRulesOf, resetRule, setRule, type Rule, type StoredRule } from "./rules.ts";
export { createWatch } from "./watch.ts";
