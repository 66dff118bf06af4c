// The door of this folder: what a workspace's events mean.
export { arrivingCurrencies, loadVocabulary, saveVocabulary, type LoadedVocabulary, type ReadClickHouse } from "./vocabulary.ts";
