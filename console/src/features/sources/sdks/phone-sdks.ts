// SDKs that run on phones and in apps.
import type { Sdk } from "./sdk.ts";

export const phoneSdks = [
  {
    id: "swift", group: "phone", family: "segment", platform: "iOS and macOS (Swift)", name: "analytics-swift", install: "https://github.com/segmentio/analytics-swift",
    notes: ["httpsOnly"], tested: "requests",
    code: ({ host, key }) => `import Segment

let configuration = Configuration(writeKey: "${key}")
    .apiHost("${host}/v1")
    .cdnHost("${host}/v1")
let analytics = Analytics(configuration: configuration)
analytics.identify(userId: "u-1", traits: ["email": "ann@example.com", "name": "Ann Lee"])
analytics.track(name: "Order Completed", properties: ["total": 49.9])`,
  },
  {
    id: "kotlin", group: "phone", family: "segment", platform: "Android (Kotlin)", name: "com.segment.analytics.kotlin:android",
    install: 'implementation("com.segment.analytics.kotlin:android:1.+")', notes: ["httpsOnly"], tested: "requests",
    code: ({ host, key }) => `import com.segment.analytics.kotlin.android.Analytics
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

val analytics = Analytics("${key}", applicationContext) {
    apiHost = "${host}/v1"
    cdnHost = "${host}/v1"
}
analytics.identify("u-1", buildJsonObject { put("email", "ann@example.com"); put("name", "Ann Lee") })
analytics.track("Order Completed", buildJsonObject { put("total", 49.9) })`,
  },
  {
    id: "react-native", group: "phone", family: "segment", platform: "React Native", name: "@segment/analytics-react-native",
    install: "npm install @segment/analytics-react-native @segment/sovran-react-native react-native-get-random-values @react-native-async-storage/async-storage",
    notes: ["reactNativePaths"], tested: "requests",
    code: ({ url, key }) => `import { createClient } from "@segment/analytics-react-native";

export const analytics = createClient({
  writeKey: "${key}",
  proxy: "${url}/v1",
  cdnProxy: "${url}/v1",
  useSegmentEndpoints: true,
});
await analytics.identify("u-1", { email: "ann@example.com", name: "Ann Lee" });
await analytics.track("Order Completed", { total: 49.9 });`,
  },
  {
    id: "flutter", group: "phone", family: "segment", platform: "Flutter", name: "segment_analytics", install: "flutter pub add segment_analytics", notes: ["httpsOnly"], tested: "documented",
    code: ({ host, key }) => `import 'package:segment_analytics/client.dart';
import 'package:segment_analytics/state.dart';

final analytics = createClient(Configuration("${key}", apiHost: "${host}/v1", cdnHost: "${host}/v1"));
analytics.track("Order Completed", properties: {"total": 49.9});`,
  },
  {
    id: "ios-classic", group: "phone", family: "segment", platform: "iOS (Objective-C, the older SDK)", name: "analytics-ios", install: "pod 'Analytics'", notes: ["secondPackage"], tested: "requests",
    code: ({ isHttps, hostname, port, key }) => `@import Segment;

SEGAnalyticsConfiguration *configuration = [SEGAnalyticsConfiguration configurationWithWriteKey:@"${key}"];
configuration.requestFactory = ^(NSURL *url) {
    NSURLComponents *components = [NSURLComponents componentsWithURL:url resolvingAgainstBaseURL:NO];
    components.scheme = @"${isHttps ? "https" : "http"}";
    components.host = @"${hostname}";
    components.port = @${port};
    return [NSMutableURLRequest requestWithURL:components.URL];
};
[SEGAnalytics setupWithConfiguration:configuration];
[[SEGAnalytics sharedAnalytics] track:@"Order Completed" properties:@{ @"total": @49.9 }];`,
  },
  {
    id: "android-classic", group: "phone", family: "segment", platform: "Android (the older SDK)", name: "com.segment.analytics.android:analytics",
    install: 'implementation("com.segment.analytics.android:analytics:4.+")', notes: ["secondPackage"], tested: "requests",
    code: ({ url, key }) => `import android.net.Uri;
import com.segment.analytics.Analytics;
import com.segment.analytics.ConnectionFactory;
import com.segment.analytics.Properties;
import java.io.IOException;
import java.net.HttpURLConnection;

Analytics analytics = new Analytics.Builder(context, "${key}")
    .connectionFactory(new ConnectionFactory() {
      @Override
      protected HttpURLConnection openConnection(String url) throws IOException {
        return super.openConnection("${url}" + Uri.parse(url).getPath());
      }
    })
    .build();
analytics.track("Order Completed", new Properties().putValue("total", 49.9));`,
  },
] as const satisfies readonly Sdk[];
