// The door to the demo shop (docs/demo-shop.md): a realistic shop's events from a seed. Pure: it reads no clock, draws no
// lots and does no I/O.
export { createShop, defaultShop, SHOP_DAYS_MIN, SHOP_PEOPLE_MAX, SHOP_PEOPLE_MIN, type Shop, type ShopOptions } from "./shop.ts";
export { liveFrom, PACE_MAX, type LiveOptions, type LiveShop } from "./live.ts";
export { truthOf, type Truth } from "./truth.ts";
export { storiesOf, type Stories, type StoryIdentifier, type StoryPerson } from "./stories.ts";
export { compareCalls, demoSources, dirtKinds, type Call, type CallTruth, type DemoSource, type DirtKind, type WireEvent } from "./call.ts";
export { catalogue, type Product } from "./catalogue.ts";
export { SHOP_TIME_ZONE } from "./shop-time.ts";

/** The range in which the shop's own staff work: for the workspace's `internalIps`. */
export const staffAddresses = "192.0.2.0/24";
/** For the workspace's `phoneCountry`. */
export const shopCountry = "GB";
