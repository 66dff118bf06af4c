// RudderStack's SDKs for servers and phones; the one for browsers stands with the others of its kind.
import type { Sdk } from "./sdk.ts";

export const rudderstackServerSdks = [
  {
    id: "rudder-node", group: "server", family: "rudderstack", platform: "Node.js", name: "@rudderstack/rudder-sdk-node", install: "npm install @rudderstack/rudder-sdk-node",
    notes: ["rudderRetry"], tested: "kills",
    code: ({ url, key }) => `import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const analytics = new RudderAnalytics("${key}", { dataPlaneUrl: "${url}", retryCount: 20 });
analytics.identify({ userId: "u-1", traits: { email: "ann@example.com", name: "Ann Lee" } });
analytics.track({ userId: "u-1", event: "Order Completed", properties: { total: 49.9 } });
await analytics.flush();`,
  },
  {
    id: "rudder-python", group: "server", family: "rudderstack", platform: "Python", name: "rudder-sdk-python", install: "pip install rudder-sdk-python", tested: "requests",
    code: ({ url, key }) => `import rudderstack.analytics as analytics

analytics.write_key = "${key}"
analytics.dataPlaneUrl = "${url}"
analytics.identify("u-1", {"email": "ann@example.com", "name": "Ann Lee"})
analytics.track("u-1", "Order Completed", {"total": 49.9})
analytics.flush()`,
  },
  {
    id: "rudder-go", group: "server", family: "rudderstack", platform: "Go", name: "rudderlabs/analytics-go/v4", install: "go get github.com/rudderlabs/analytics-go/v4", tested: "documented",
    code: ({ url, key }) => `package main

import "github.com/rudderlabs/analytics-go/v4"

func main() {
	client := analytics.New("${key}", "${url}")
	defer client.Close()
	client.Enqueue(analytics.Identify{UserId: "u-1", Traits: analytics.NewTraits().SetEmail("ann@example.com").SetName("Ann Lee")})
	client.Enqueue(analytics.Track{UserId: "u-1", Event: "Order Completed", Properties: analytics.NewProperties().Set("total", 49.9)})
}`,
  },
  {
    id: "rudder-java", group: "server", family: "rudderstack", platform: "Java", name: "com.rudderstack.sdk.java.analytics:analytics",
    install: 'implementation("com.rudderstack.sdk.java.analytics:analytics:3.+")', tested: "documented",
    code: ({ url, key }) => `import com.rudderstack.sdk.java.analytics.RudderAnalytics;
import com.rudderstack.sdk.java.analytics.messages.TrackMessage;
import java.util.Map;

RudderAnalytics analytics = RudderAnalytics.builder("${key}").setDataPlaneUrl("${url}").build();
analytics.enqueue(TrackMessage.builder("Order Completed").userId("u-1").properties(Map.of("total", 49.9)));
analytics.flush();`,
  },
  {
    id: "rudder-ruby", group: "server", family: "rudderstack", platform: "Ruby", name: "rudder-sdk-ruby", install: "gem install rudder-sdk-ruby", tested: "documented",
    code: ({ url, key }) => `require "rudder-sdk-ruby"

analytics = Rudder::Analytics.new(write_key: "${key}", data_plane_url: "${url}")
analytics.identify(user_id: "u-1", traits: { email: "ann@example.com", name: "Ann Lee" })
analytics.track(user_id: "u-1", event: "Order Completed", properties: { total: 49.9 })
analytics.flush`,
  },
  {
    id: "rudder-php", group: "server", family: "rudderstack", platform: "PHP", name: "rudderstack/rudder-php-sdk", install: "composer require rudderstack/rudder-php-sdk", tested: "documented",
    code: ({ url, isHttps, key }) => `<?php
require __DIR__ . "/vendor/autoload.php";

use Rudder\\Rudder;

Rudder::init("${key}", ["data_plane_url" => "${url}", "consumer" => "lib_curl", "ssl" => ${isHttps}]);
Rudder::identify(["userId" => "u-1", "traits" => ["email" => "ann@example.com", "name" => "Ann Lee"]]);
Rudder::track(["userId" => "u-1", "event" => "Order Completed", "properties" => ["total" => 49.9]]);
Rudder::flush();`,
  },
  {
    id: "rudder-dotnet", group: "server", family: "rudderstack", platform: "C# and .NET", name: "RudderAnalytics", install: "dotnet add package RudderAnalytics", tested: "documented",
    code: ({ url, key }) => `using RudderStack;

RudderAnalytics.Initialize("${key}", new RudderConfig(dataPlaneUrl: "${url}"));
RudderAnalytics.Client.Track("u-1", "Order Completed", new Dictionary<string, object> { { "total", 49.9 } });
RudderAnalytics.Client.Flush();`,
  },
  {
    id: "rudder-rust", group: "server", family: "rudderstack", platform: "Rust", name: "rudderanalytics (crate)", install: "cargo add rudderanalytics serde_json", tested: "documented",
    code: ({ url, key }) => `use rudderanalytics::client::RudderAnalytics;
use rudderanalytics::message::{Message, Track};
use serde_json::json;

let analytics = RudderAnalytics::load("${key}".to_string(), "${url}".to_string());
analytics.send(&Message::Track(Track {
    user_id: Some("u-1".to_string()),
    event: "Order Completed".to_string(),
    properties: Some(json!({ "total": 49.9 })),
    ..Default::default()
})).expect("the event was not taken");`,
  },
] as const satisfies readonly Sdk[];

export const rudderstackPhoneSdks = [
  {
    id: "rudder-kotlin", group: "phone", family: "rudderstack", platform: "Android (Kotlin)", name: "com.rudderstack.sdk.kotlin:android",
    install: 'implementation("com.rudderstack.sdk.kotlin:android:1.+")', notes: ["rudderControlPlane"], tested: "documented",
    code: ({ url, key }) => `import com.rudderstack.sdk.kotlin.android.Analytics
import com.rudderstack.sdk.kotlin.android.Configuration

val analytics = Analytics(
    configuration = Configuration(
        writeKey = "${key}",
        application = this,
        dataPlaneUrl = "${url}",
        controlPlaneUrl = "${url}",
    )
)
analytics.track("Order Completed")`,
  },
  {
    id: "rudder-android", group: "phone", family: "rudderstack", platform: "Android", name: "com.rudderstack.android.sdk:core",
    install: 'implementation("com.rudderstack.android.sdk:core:1.+")', notes: ["rudderControlPlane"], tested: "requests",
    code: ({ url, key }) => `import com.rudderstack.android.sdk.core.RudderClient
import com.rudderstack.android.sdk.core.RudderConfig

val analytics = RudderClient.getInstance(
    this,
    "${key}",
    RudderConfig.Builder()
        .withDataPlaneUrl("${url}")
        .withControlPlaneUrl("${url}")
        .build()
)
analytics.track("Order Completed")`,
  },
  {
    id: "rudder-swift", group: "phone", family: "rudderstack", platform: "iOS and macOS (Swift)", name: "rudder-sdk-swift", install: "https://github.com/rudderlabs/rudder-sdk-swift",
    notes: ["rudderControlPlane"], tested: "documented",
    code: ({ url, key }) => `import RudderStackAnalytics

let analytics = Analytics(configuration: Configuration(
    writeKey: "${key}",
    dataPlaneUrl: "${url}",
    controlPlaneUrl: "${url}"
))
analytics.track(name: "Order Completed", properties: ["total": 49.9])`,
  },
  {
    id: "rudder-react-native", group: "phone", family: "rudderstack", platform: "React Native", name: "@rudderstack/rudder-sdk-react-native",
    install: "npm install @rudderstack/rudder-sdk-react-native", notes: ["rudderControlPlane"], tested: "documented",
    code: ({ url, key }) => `import rudderClient from "@rudderstack/rudder-sdk-react-native";

await rudderClient.setup("${key}", { dataPlaneUrl: "${url}", controlPlaneUrl: "${url}" });
rudderClient.track("Order Completed", { total: 49.9 });`,
  },
  {
    id: "rudder-flutter", group: "phone", family: "rudderstack", platform: "Flutter", name: "rudder_sdk_flutter", install: "flutter pub add rudder_sdk_flutter",
    notes: ["rudderControlPlane"], tested: "documented",
    code: ({ url, key }) => `import 'package:rudder_sdk_flutter/RudderController.dart';
import 'package:rudder_sdk_flutter_platform_interface/platform.dart';

final builder = RudderConfigBuilder()
  ..withDataPlaneUrl('${url}')
  ..withControlPlaneUrl('${url}');
RudderController.instance.initialize('${key}', config: builder.build());
RudderController.instance.track('Order Completed');`,
  },
] as const satisfies readonly Sdk[];
