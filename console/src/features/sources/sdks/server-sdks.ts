// SDKs that run on a server.
import type { Sdk } from "./sdk.ts";

export const serverSdks = [
  {
    id: "node", group: "server", family: "segment", platform: "Node.js", name: "@segment/analytics-node", install: "npm install @segment/analytics-node", tested: "kills",
    code: ({ url, key }) => `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${url}" });
analytics.identify({ userId: "u-1", traits: { email: "ann@example.com", name: "Ann Lee" } });
analytics.track({ userId: "u-1", event: "Order Completed", properties: { total: 49.9 } });
await analytics.closeAndFlush();`,
  },
  {
    id: "python", group: "server", family: "segment", platform: "Python", name: "segment-analytics-python", install: "pip install segment-analytics-python", tested: "kills",
    code: ({ url, key }) => `from segment.analytics.client import Client

analytics = Client("${key}", host="${url}")
analytics.identify("u-1", {"email": "ann@example.com", "name": "Ann Lee"})
analytics.track("u-1", "Order Completed", {"total": 49.9})
analytics.flush()`,
  },
  {
    id: "go", group: "server", family: "segment", platform: "Go", name: "analytics-go/v3", install: "go get github.com/segmentio/analytics-go/v3", notes: ["goClose"], tested: "kills",
    code: ({ url, key }) => `package main

import "github.com/segmentio/analytics-go/v3"

func main() {
	client, err := analytics.NewWithConfig("${key}", analytics.Config{Endpoint: "${url}"})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.Enqueue(analytics.Identify{UserId: "u-1", Traits: analytics.NewTraits().SetEmail("ann@example.com").SetName("Ann Lee")})
	client.Enqueue(analytics.Track{UserId: "u-1", Event: "Order Completed", Properties: analytics.NewProperties().Set("total", 49.9)})
}`,
  },
  {
    id: "java", group: "server", family: "segment", platform: "Java", name: "com.segment.analytics.java:analytics",
    install: 'implementation("com.segment.analytics.java:analytics:3.5.2")', notes: ["javaWaits"], tested: "kills",
    code: ({ url, key }) => `import com.segment.analytics.Analytics;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;

Analytics analytics = Analytics.builder("${key}").endpoint("${url}").build();
analytics.enqueue(IdentifyMessage.builder().userId("u-1").traits(Map.of("email", "ann@example.com", "name", "Ann Lee")));
analytics.enqueue(TrackMessage.builder("Order Completed").userId("u-1").properties(Map.of("total", 49.9)));
analytics.flush();`,
  },
  {
    id: "ruby", group: "server", family: "segment", platform: "Ruby", name: "analytics-ruby", install: "gem install analytics-ruby", notes: ["httpsOnly"], tested: "requests",
    code: ({ hostname, port, key }) => `require "segment/analytics"

analytics = Segment::Analytics.new(write_key: "${key}", host: "${hostname}", port: ${port})
analytics.identify(user_id: "u-1", traits: { email: "ann@example.com", name: "Ann Lee" })
analytics.track(user_id: "u-1", event: "Order Completed", properties: { total: 49.9 })
analytics.flush`,
  },
  {
    id: "php", group: "server", family: "segment", platform: "PHP", name: "segmentio/analytics-php", install: "composer require segmentio/analytics-php", tested: "requests",
    code: ({ host, isHttps, key }) => `<?php
require __DIR__ . "/vendor/autoload.php";

use Segment\\Segment;

Segment::init("${key}", ["consumer" => "lib_curl", "host" => "${host}", "ssl" => ${isHttps}]);
Segment::identify(["userId" => "u-1", "traits" => ["email" => "ann@example.com", "name" => "Ann Lee"]]);
Segment::track(["userId" => "u-1", "event" => "Order Completed", "properties" => ["total" => 49.9]]);
Segment::flush();`,
  },
  {
    id: "csharp", group: "server", family: "segment", platform: "C# and .NET", name: "Segment.Analytics.CSharp", install: "dotnet add package Segment.Analytics.CSharp",
    notes: ["httpsOnly"], tested: "requests",
    code: ({ host, key }) => `using Segment.Analytics;
using Segment.Serialization;

var analytics = new Analytics(new Configuration("${key}", apiHost: "${host}/v1", cdnHost: "${host}/v1"));
analytics.Identify("u-1", new JsonObject { ["email"] = "ann@example.com", ["name"] = "Ann Lee" });
analytics.Track("Order Completed", new JsonObject { ["total"] = 49.9 });
analytics.Flush();`,
  },
  {
    id: "rust", group: "server", family: "segment", platform: "Rust", name: "segment (crate)", install: "cargo add segment reqwest serde_json tokio --features tokio/full",
    notes: ["community"], tested: "documented",
    code: ({ url, key }) => `use segment::{message::{Track, User}, Client, HttpClient};
use serde_json::json;

#[tokio::main]
async fn main() {
    let client = HttpClient::new(reqwest::Client::new(), "${url}".to_string());
    let order = Track {
        user: User::UserId { user_id: "u-1".to_string() },
        event: "Order Completed".to_string(),
        properties: json!({ "total": 49.9 }),
        ..Default::default()
    };
    client.send("${key}".to_string(), order.into()).await.expect("the event was not taken");
}`,
  },
  {
    id: "jitsu-node", group: "server", family: "jitsu", platform: "Node.js", name: "@jitsu/js", install: "npm install @jitsu/js", notes: ["jitsuKey", "jitsuRepeats"], tested: "kills",
    code: ({ url, key }) => `import { jitsuAnalytics } from "@jitsu/js";

const analytics = jitsuAnalytics({ host: "${url}", writeKey: "${key}:server", s2s: true });
await analytics.identify("u-1", { email: "ann@example.com", name: "Ann Lee" });
await analytics.track("Order Completed", { total: 49.9 });`,
  },
] as const satisfies readonly Sdk[];
