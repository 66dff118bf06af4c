// The door of this folder: what a workspace's events mean, its audiences, lists and computed traits, and the evaluator that keeps them current.
export { arrivingCurrencies, loadVocabulary, saveVocabulary, type LoadedVocabulary } from "./vocabulary.ts";
export { loadAround } from "./around.ts";
export { readZone } from "./workspace-zone.ts";
export { createPreviews, type Around, type Previews, type View } from "./preview/previews.ts";
export { compareOf, previewOf, type Read } from "./preview/preview.ts";
export { splitByComputed, splitByTrait, type Split } from "./preview/split.ts";
export { refuseMissing } from "./preview/refuse-missing.ts";
export { flowOf } from "./preview/flow.ts";
export { createReadWords } from "./preview/read-words.ts";
export {
  archiveAudience, changeAudience, createAudience, presentAudience, readAudiences, readReferences, readVersions, refuseProblems, restoreAudience, type Changing,
  type StoredAudience,
} from "./audience-store.ts";
export { readComputedAround, shownFields, type ComputedAround } from "./computed/computed-around.ts";
export { presentComputed, readComputedVersions, type StoredComputed } from "./computed/computed-rows.ts";
export { archiveComputed, changeComputed, createComputed, readComputedReferences, restoreComputed } from "./computed/computed-store.ts";
export { distributionOf, type Distribution } from "./computed/distribution.ts";
export { createComputedView, personValues, type ComputedDoc, type ComputedView } from "./computed/person-values.ts";
export { workOutFifths } from "./computed/rfm-state.ts";
export { orderMoney } from "./order-money.ts";
export { createEvaluator, type Evaluator } from "./evaluator.ts";
export { audienceDecidedBefore, audienceLandedBefore } from "../pipeline/outbox/audience-outbox.ts";
export { readMembershipChanges, type ChangesRead, type MembershipChange } from "./changes.ts";
export { checkDefinition } from "./check-definition.ts";
export { mixedMoney } from "./mixed-money.ts";
export { loadLanguages, type Languages } from "./names.ts";
export { fieldOfValues, readFrequentValues } from "./frequent-values.ts";
export { compileAudiences } from "./compile.ts";
export { writtenSql } from "./written-sql.ts";
export { changeListPeople, createList, deleteList, presentList, readListPeople, readLists, renameList, usersOfList, type StoredList } from "./audience-lists.ts";
export {
  membersAtSql, readAsOf, readChanges, readChangesByNumber, readLatest, readLatestOfPerson, readLeaving, readMemberIds, readMemberOf, readSizes, readTrends, type LoggedChange, type ReadLog,
} from "./membership-read.ts";
export { explainPerson, type ExplainedNode } from "./explain.ts";
export { applyAudiences, movedBy, planAudiences, sideBySide, type ApplyPlan } from "./apply-audiences.ts";
export { audiencesYaml } from "./audience-yaml.ts";
