// What the three guided stories are made of: the identifiers, orders and tickets by which the console and tests find them.
import { BORROWER, CALLER, FAMILY, LENDER } from "./cast.ts";
import { anonymousId, personAt, type Person, type ShopPlan } from "./people.ts";
import { lateOrder, lateOrderMs, lateOrderTicket, mistakeMs } from "./scenes.ts";
import { MINUTE } from "./shop-time.ts";
import { promisedMs } from "./visit.ts";

export interface StoryIdentifier {
  readonly namespace: "user_id" | "email" | "phone" | "anonymous_id";
  readonly value: string;
}

export interface StoryPerson {
  readonly index: number;
  readonly name: string;
  readonly identifiers: readonly StoryIdentifier[];
}

export interface Stories {
  /** Somebody phones: where is the order that was promised for yesterday? */
  readonly lateOrder: {
    readonly caller: StoryPerson;
    readonly orderId: string;
    readonly ticketId: string;
    readonly store: string;
    readonly orderedMs: number;
    readonly promisedMs: number;
    readonly calledMs: number;
  };
  /** Four people sign in on one tablet and stay four; what is done on it signed out counts for the first of them. */
  readonly familyTablet: { readonly people: readonly StoryPerson[]; readonly tablet: StoryIdentifier; readonly owner: StoryPerson };
  /** One person signed in on the other's laptop, and the two became one: what each side is made of, for undoing it. */
  readonly wrongMerge: { readonly lender: StoryPerson; readonly borrower: StoryPerson; readonly atMs: number };
}

export function storiesOf(plan: ShopPlan): Stories {
  const caller = personAt(plan, CALLER);
  const family = FAMILY.map((index) => storyPerson(plan, personAt(plan, index)));
  return {
    lateOrder: {
      caller: storyPerson(plan, caller), orderId: lateOrder(caller).id, ticketId: lateOrderTicket(caller), store: lateOrder(caller).store,
      orderedMs: lateOrderMs(plan), promisedMs: promisedMs(lateOrderMs(plan)), calledMs: plan.untilMs - 40 * MINUTE,
    },
    familyTablet: {
      people: family, owner: family[0]!, // FAMILY names four.
      tablet: { namespace: "anonymous_id", value: anonymousId(plan, `${FAMILY[0]}.tablet`) },
    },
    wrongMerge: { lender: storyPerson(plan, personAt(plan, LENDER)), borrower: storyPerson(plan, personAt(plan, BORROWER)),
      atMs: mistakeMs(plan) },
  };
}

/** What names the person, and their first browser; the family's phone is all of theirs, and so is nobody's here. */
function storyPerson(plan: ShopPlan, person: Person): StoryPerson {
  const identifiers: StoryIdentifier[] = [
    { namespace: "user_id", value: person.userId }, { namespace: "email", value: person.email },
    { namespace: "phone", value: person.household ? "" : person.phone },
    { namespace: "anonymous_id", value: anonymousId(plan, `${person.index}.web0`) },
  ];
  return { index: person.index, name: `${person.firstName} ${person.lastName}`,
    identifiers: identifiers.filter(({ value }) => value !== "") };
}
