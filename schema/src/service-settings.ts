// What a workspace's service desk sees first when somebody calls: what counts as an open problem, what an order is, and by which
// channels a person may be reached. The pipeline decides nothing by it.
import { z } from "zod";

const eventNames = z.array(z.string().min(1).max(500)).max(30);
const propertyName = z.string().min(1).max(200);

/** A problem begins with an event and ends with another that carries the same value of one property. */
export const problemRule = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
  title: z.string().min(1).max(200),
  opens: eventNames.min(1),
  closes: eventNames,
  /** Events that neither begin nor end it and tell more about it. */
  tells: eventNames.default([]),
  /** The property that says which order, ticket or subscription it is. */
  matchedBy: propertyName,
  /** When it becomes a problem: at the time that a property names, or hours after it began. At once without. */
  due: z.strictObject({ property: propertyName.optional(), hours: z.number().min(0).max(8_760).optional() }).optional(),
  /** Properties that the desk shows with it, to whoever works there. */
  facts: z.array(propertyName).max(10).default([]),
  /** What to tell the caller, and what to do; `{property}` stands for a fact. */
  say: z.string().max(500).default(""),
  advice: z.string().max(500).default(""),
});
export type ProblemRule = z.infer<typeof problemRule>;

/** What is said of orders, the latest first. */
export const orderRule = z.strictObject({
  placed: eventNames,
  /** What happens to an order later; the latest of them is its state. */
  steps: eventNames,
  matchedBy: propertyName,
  facts: z.array(propertyName).max(10),
});

export const channelRule = z.strictObject({
  channel: z.enum(["mail", "sms", "push"]),
  /** Whoever has an identifier of one of these namespaces can be reached by it. */
  namespaces: z.array(z.string().min(1).max(63)).max(10),
  /** The category of consent that it needs. */
  consent: z.string().min(1).max(200),
});
export type ChannelRule = z.infer<typeof channelRule>;

export const serviceSettings = z.strictObject({
  problems: z.array(problemRule).max(20),
  orders: orderRule,
  channels: z.array(channelRule).max(10),
});
export type ServiceSettings = z.infer<typeof serviceSettings>;

export const defaultServiceSettings: ServiceSettings = {
  problems: [
    {
      name: "late_order", title: "Late order", opens: ["Order Completed"], matchedBy: "order_id", due: { property: "ready_by" },
      closes: ["Order Ready for Pickup", "Order Picked Up", "Order Delivered", "Order Cancelled", "Order Refunded"], tells: ["Order Delayed"],
      facts: ["order_id", "ready_by", "store", "reason"],
      say: "Order {order_id} should have been ready by now. I am sorry; I will find out where it is and call you back.",
      advice: "Ask the store ({store}) for it, then promise a call with a time.",
    },
    {
      name: "open_ticket", title: "Open ticket", opens: ["Ticket Opened", "Ticket Reopened"], closes: ["Ticket Solved", "Ticket Closed"],
      tells: ["Ticket Replied"], matchedBy: "ticket_id", facts: ["ticket_id", "subject", "channel", "order_id"],
      say: "I have your question in front of me: {subject}", advice: "Answer ticket {ticket_id} itself, so that nobody else begins anew.",
    },
    {
      name: "failed_payment", title: "Failed payment", opens: ["Payment Failed"],
      closes: ["Payment Recovered", "Payment Succeeded", "Subscription Renewed", "Subscription Cancelled"], tells: [], matchedBy: "subscription_id",
      facts: ["subscription_id", "plan", "reason", "retry_at"],
      say: "Your last payment did not go through ({reason}).", advice: "Ask whether the card has changed; it is tried again at {retry_at}.",
    },
  ],
  orders: {
    placed: ["Order Completed"], matchedBy: "order_id", facts: ["total", "currency", "store", "fulfilment"],
    steps: ["Order Shipped", "Order Delivered", "Order Delayed", "Order Ready for Pickup", "Order Picked Up", "Order Cancelled", "Order Refunded"],
  },
  channels: [
    { channel: "mail", namespaces: ["email"], consent: "email_marketing" },
    { channel: "sms", namespaces: ["phone"], consent: "sms_marketing" },
    { channel: "push", namespaces: ["push_token", "device_id"], consent: "push_marketing" },
  ],
};
