// Why a run failed, asks or stopped: a code for programs, and words for people.

export interface ProblemTold {
  readonly code: string;
  readonly message: string;
  /** How many rows it is about. */
  readonly count?: number;
  /** Some of them: the key as far as there is one, and which rows of the result they were, counted from 1. */
  readonly sample?: readonly { readonly key: string; readonly lines: readonly number[] }[];
}

export class RunProblem extends Error {
  readonly told: ProblemTold;

  constructor(told: ProblemTold, options: ErrorOptions = {}) {
    super(told.message, options);
    this.name = "RunProblem";
    this.told = told;
  }
}
