// The door of this folder: what a workspace's events mean, and whom newly landed events touched.
export { arrivingCurrencies, loadVocabulary, saveVocabulary, type LoadedVocabulary, type ReadClickHouse } from "./vocabulary.ts";
export { relistedRows } from "./list-members.ts";
export {
  createTouchedReader, LATE_MS, type BlockRange, type GonePerson, type TouchedControl, type TouchedPerson, type TouchedReader, type TouchedWorkspace,
} from "./touched.ts";
export type { PersonKeys } from "./standing.ts";
export {
  archiveAudience, changeAudience, createAudience, lockAudiences, presentAudience, readAudiences, readReferences, readSurroundings, readVersions, refuseProblems, restoreAudience,
  type Changing, type Reference, type StoredAudience, type Version,
} from "./audience-store.ts";
export { checkDefinition, type Checked } from "./check-definition.ts";
export { fieldOfValues, readFrequentValues, type FrequentValue, type ValuesWish } from "./frequent-values.ts";
export { changeListPeople, createList, deleteList, presentList, readLists, renameList, usersOfList, type StoredList } from "./audience-lists.ts";
