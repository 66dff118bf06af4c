// Presets that the package lacks. Mappings name what they take of the event; everything else is as the action suggests.
import type { Preset } from "@tributary/schema/destination/definition.ts";

const userData = {
  externalId: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" }, phone: { "@path": "$.context.traits.phone" },
  client_ip_address: { "@path": "$.context.ip" }, client_user_agent: { "@path": "$.context.userAgent" },
};
const event = { action_source: "website", event_time: { "@path": "$.timestamp" }, event_source_url: { "@path": "$.context.page.url" }, event_id: { "@path": "$.messageId" }, user_data: userData };

const all: Readonly<Record<string, readonly Preset[]>> = {
  "facebook-conversions-api": [
    {
      key: "ours-purchase-by-trait", name: "Purchases, worth what a trait says", action: "purchase2", trigger: "events", role: "order", filter: { types: ["track"], names: ["Order Completed"] },
      mapping: { ...event, currency: { "@path": "$.properties.currency" }, value: { "@path": "$.context.traits.lifetime_value" } },
    },
    {
      // Meta takes no purchase back; what it documents is an event of one's own.
      key: "ours-refund", name: "Refunds, as an event of its own", action: "custom2", trigger: "events", role: "refund", filter: { types: ["track"], names: ["Order Refunded"] },
      mapping: {
        ...event, event_name: "Refund",
        custom_data: { order_id: { "@path": "$.properties.order_id" }, value: { "@path": "$.properties.total" }, currency: { "@path": "$.properties.currency" } },
      },
    },
  ],
  "facebook-custom-audiences": [
    { key: "ours-exclude-converted", name: "Exclude who has bought: an audience of buyers, to be excluded in your campaigns", action: "sync", trigger: "audience_changed", mapping: { externalId: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" }, phone: { "@path": "$.context.traits.phone" } } },
  ],
};

export const ourPresets = (slug: string): readonly Preset[] => (Object.hasOwn(all, slug) ? all[slug] ?? [] : []);
