// The door of this folder: models, their runs, and what of their rows changed.
export {
  countModelChanges, readModelChanges, readModelChangesAgain, readModelRows, readModelStandings, type ModelChange, type ModelReading, type ModelStanding,
} from "./read-changes.ts";
export { readingOf, seqOf } from "./seq.ts";
export {
  archiveModel, changeModel, createModel, definitionProblems, modelInUse, presentModel, readModels, readModelVersions, type ModelChangeWish, type StoredModel,
} from "./model-store.ts";
export { acceptRun, askRun, presentRun, readLastRuns, readRuns, stopRun, type Asker, type StoredRun } from "./run-store.ts";
export { modelLimits } from "./model-limits.ts";
export { nextTime } from "./due.ts";
export { previewKeys } from "./preview-keys.ts";
export { readRowLog, type LoggedChange } from "./row-log.ts";
export { createModelRunner, type ModelRunner } from "./runner.ts";
export { suppressedValues } from "./suppressed-values.ts";
export { RunProblem, type ProblemTold } from "./run-problem.ts";
export type { ModelColumn, ModelReader, OpenReader } from "./reader.ts";
export { modelsOfWarehouse } from "./models-of-warehouse.ts";
