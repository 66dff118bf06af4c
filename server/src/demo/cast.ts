// The people of the three guided stories: the same in every shop, whatever its seed, so that they can be found. They are
// the first indices, live as others do, and have besides the scenes that scenes.ts writes.
import type { Household, PersonKind } from "./people.ts";

export interface Role {
  readonly firstName: readonly [string, string];
  readonly lastName: readonly [string, string];
  readonly email: string;
  readonly kind: PersonKind;
  readonly household?: Omit<Household, "setUpDay">;
  /** One computer and no app, so that the whole person can be seen at a glance. */
  readonly hasOneDevice?: boolean;
}

export const CALLER = 0;
export const FAMILY: readonly number[] = [1, 2, 3, 4];
/** Has no account: buys as a guest. */
export const LENDER = 5;
/** Signs in on the lender's laptop. */
export const BORROWER = 6;

const family = { lastName: ["Hollins", "hollins"], kind: "member", household: { parent: 1, size: 4 } } as const;

/** Index of the person → the role. */
export const cast: Readonly<Record<number, Role>> = {
  [CALLER]: { firstName: ["Maya", "maya"], lastName: ["Birkett", "birkett"], email: "maya.birkett@example.com", kind: "member" },
  1: { ...family, firstName: ["Ruth", "ruth"], email: "ruth.hollins@example.com" },
  2: { ...family, firstName: ["Tomás", "tomas"], email: "tomas.hollins@example.com" },
  3: { ...family, firstName: ["Ivy", "ivy"], email: "ivy.hollins@example.com" },
  4: { ...family, firstName: ["Noé", "noe"], email: "noe.hollins@example.com" },
  [LENDER]: { firstName: ["Rosalind", "rosalind"], lastName: ["Everleigh", "everleigh"], email: "rosalind.everleigh@example.com",
    kind: "guest", hasOneDevice: true },
  [BORROWER]: { firstName: ["Nina", "nina"], lastName: ["Everleigh", "everleigh"], email: "nina.everleigh@example.com", kind: "member",
    hasOneDevice: true },
};
