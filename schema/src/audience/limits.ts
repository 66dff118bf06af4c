// What a definition may cost. Each limit is refused by name when an audience is saved or tried, long before a query is made.

export const audienceLimits = {
  /** Conditions of one definition, those of referenced audiences included. */
  conditionsMax: 100,
  /** Groups inside groups. */
  depthMax: 12,
  /** Comparisons of one definition: those of conditions, and those of the filters on what events say. */
  testsMax: 250,
  /** Characters of a definition as JSON. */
  charactersMax: 262_144,
  /** Names of a path, joined by dots. */
  pathStepsMax: 16,
  /** Values of one list in a condition. */
  valuesMax: 1_000,
  /** Characters of one value. */
  valueCharactersMax: 1_024,
  /** Characters of a pattern. */
  patternCharactersMax: 256,
  /** Event names of one condition. */
  namesMax: 50,
  /** Filters on the properties of one event. */
  filtersMax: 25,
  stepsMax: 10,
  /** Of a person's events that a sequence is looked for in, the latest so many count. */
  sequenceEventsMax: 10_000,
  /** Audiences of one order. */
  orderedMax: 50,
  /** The longest rolling window, in days. */
  windowDaysMax: 3_660,
  /** The greatest count that is compared with: so many events of a person are looked at, and no more. */
  countMax: 100_000,
  /** Audiences that refer to audiences that refer to audiences. */
  referencesDepthMax: 8,
} as const;
