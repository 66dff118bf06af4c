// The door of this folder: what a workspace's events mean, whom newly landed events touched, audiences, lists and computed traits.
export { arrivingCurrencies, loadVocabulary, saveVocabulary, type LoadedVocabulary, type ReadClickHouse } from "./vocabulary.ts";
export { relistedRows } from "./list-members.ts";
export {
  createTouchedReader, LATE_MS, type BlockRange, type GonePerson, type TouchedControl, type TouchedPerson, type TouchedReader, type TouchedWorkspace,
} from "./touched.ts";
export type { PersonKeys } from "./standing.ts";
export { loadAround } from "./around.ts";
export type { ReadWords } from "./preview/moment.ts";
export { createPreviews, previewLimits, type Around, type Previews, type View } from "./preview/previews.ts";
export { compareOf, previewOf } from "./preview/preview.ts";
export { refuseMissing } from "./preview/refuse-missing.ts";
export { flowOf } from "./preview/flow.ts";
export { createReadWords } from "./preview/read-words.ts";
export {
  archiveAudience, changeAudience, createAudience, lockAudiences, presentAudience, readAudiences, readReferences, readSurroundings, readVersions, refuseProblems, restoreAudience,
  type Changing, type Reference, type StoredAudience, type Version,
} from "./audience-store.ts";
export { readComputedAround, shownFields, type ComputedAround } from "./computed/computed-around.ts";
export { presentComputed, readComputed, readComputedVersions, type StoredComputed } from "./computed/computed-rows.ts";
export { archiveComputed, changeComputed, createComputed, readComputedReferences, restoreComputed } from "./computed/computed-store.ts";
export { distributionOf, type Distribution } from "./computed/distribution.ts";
export { createComputedView, personValues, type ComputedDoc, type ComputedView, type PersonValue } from "./computed/person-values.ts";
export { workOutFifths } from "./computed/rfm-state.ts";
export { createEvaluator, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
export { readMembershipChanges, type ChangesRead, type MembershipChange } from "./changes.ts";
export { checkDefinition, type Checked } from "./check-definition.ts";
export { fieldOfValues, readFrequentValues, type FrequentValue, type ValuesWish } from "./frequent-values.ts";
export { compileAudiences, type CompiledAudiences, type CompileInput } from "./compile.ts";
export { writtenSql } from "./written-sql.ts";
export { changeListPeople, createList, deleteList, presentList, readListPeople, readLists, renameList, usersOfList, type StoredList } from "./audience-lists.ts";
export {
  membersAtSql, readAsOf, readChanges, readLatest, readLatestOfPerson, readLeaving, readMemberIds, readMemberOf, readSizes, readTrends, type LoggedChange, type ReadLog,
} from "./membership-read.ts";
export { explainPerson, type ExplainedNode } from "./explain.ts";
export { applyAudiences, movedBy, planAudiences, sideBySide, type ApplyPlan, type ApplyWish, type PlannedAudience } from "./apply-audiences.ts";
export { audiencesYaml } from "./audience-yaml.ts";
