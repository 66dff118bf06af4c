// The names that are recognised before anybody has said anything: those of Segment's and GA4's e-commerce events and of the shops
// that follow them. Names of events are compared by their letters and digits alone, so `order_completed` is `Order Completed`.

export const roleNames = [
  "order", "refund", "click_and_collect", "product_viewed", "added_to_cart", "removed_from_cart", "checkout_started", "payment_failed",
  "subscription_started", "subscription_renewed", "subscription_cancelled", "signed_up",
] as const;
export type RoleName = (typeof roleNames)[number];

/** Those of an item stand within each thing of the list that `products` names, and in an event without such a list in the event itself. */
export const itemProperties = ["product_id", "name", "category", "price", "quantity"] as const;
const eventProperties = ["order_id", "subscription_id", "value", "currency", "products"] as const;
export const propertyNames = [...eventProperties, ...itemProperties] as const;
export type PropertyName = (typeof propertyNames)[number];

export function isItemProperty(name: PropertyName): boolean {
  return (itemProperties as readonly string[]).includes(name);
}

interface RoleNames {
  readonly events: readonly string[];
  /** What the role knows of its events → where it is looked for, in this order. */
  readonly properties: Readonly<Partial<Record<PropertyName, readonly string[]>>>;
  /** Of a role that is a part of another: it has the other's events, as far as they say one of these. */
  readonly partOf?: { readonly role: RoleName; readonly paths: readonly string[]; readonly values: readonly string[] };
}

const orderId = ["order_id", "orderId", "transaction_id", "transactionId", "order_number", "orderNumber", "order.id"];
const subscriptionId = ["subscription_id", "subscriptionId", "subscription.id"];
const value = ["total", "revenue", "value", "amount"];
const currency = ["currency", "currency_code", "currencyCode"];
const item = {
  product_id: ["product_id", "productId", "item_id", "itemId", "sku", "id"],
  name: ["name", "item_name", "product_name", "title"],
  category: ["category", "item_category", "product_category"],
  price: ["price", "item_price", "unit_price"],
  quantity: ["quantity", "qty"],
};
const products = ["products", "items", "line_items"];
const order = { order_id: orderId, value, currency, products, ...item };
const basket = { value: ["value", "total", "revenue"], currency, products, ...item };
const subscription = { subscription_id: subscriptionId, value: ["revenue", "value", "amount", "total", "price"], currency };

export const recognised: Readonly<Record<RoleName, RoleNames>> = {
  order: {
    events: ["Order Completed", "Completed Order", "Order Placed", "Checkout Completed", "Purchase", "Ecommerce Purchase", "Transaction"],
    properties: order,
  },
  refund: {
    events: ["Order Refunded", "Refund", "Refunded Order", "Ecommerce Refund"],
    // What came back before what the order was: some refunds carry both.
    properties: { ...order, value: ["refund_amount", "amount_refunded", ...value] },
  },
  click_and_collect: {
    events: [],
    properties: order,
    partOf: {
      role: "order",
      paths: ["fulfilment", "fulfillment", "fulfilment_method", "fulfillment_method", "delivery_method", "shipping_method", "shipping_tier"],
      values: ["click_and_collect", "click-and-collect", "Click and Collect", "click & collect", "collect", "collection", "pickup", "pick_up", "in_store_pickup", "store_pickup", "bopis"],
    },
  },
  product_viewed: { events: ["Product Viewed", "Viewed Product", "View Item", "View Content"], properties: basket },
  added_to_cart: { events: ["Product Added", "Added Product", "Add To Cart", "Added To Cart"], properties: basket },
  removed_from_cart: { events: ["Product Removed", "Removed Product", "Remove From Cart", "Removed From Cart"], properties: basket },
  checkout_started: { events: ["Checkout Started", "Started Checkout", "Begin Checkout", "Initiate Checkout"], properties: { order_id: orderId, ...basket } },
  payment_failed: {
    events: ["Payment Failed", "Payment Declined", "Charge Failed", "Invoice Payment Failed"],
    properties: { order_id: orderId, ...subscription },
  },
  subscription_started: { events: ["Subscription Started", "Subscription Created", "Subscribed"], properties: subscription },
  subscription_renewed: { events: ["Subscription Renewed", "Subscription Payment Succeeded"], properties: subscription },
  subscription_cancelled: {
    events: ["Subscription Cancelled", "Subscription Canceled", "Subscription Ended", "Unsubscribed From Plan"],
    properties: subscription,
  },
  signed_up: { events: ["Signed Up", "Sign Up", "User Signed Up", "Account Created", "User Registered", "Complete Registration"], properties: {} },
};
