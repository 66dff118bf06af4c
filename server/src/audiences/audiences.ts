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
