// Sends COUNT calls through Segment's Java SDK and prints how many it delivered and how many it gave up.
import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

public class Send {
  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(System.getenv("COUNT"));
    AtomicInteger delivered = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    Analytics analytics = Analytics.builder(System.getenv("WRITE_KEY"))
        .endpoint(System.getenv("HOST")).flushQueueSize(5).flushInterval(1, TimeUnit.SECONDS)
        .callback(new Callback() {
          @Override public void success(Message message) { delivered.incrementAndGet(); }
          @Override public void failure(Message message, Throwable error) { failed.incrementAndGet(); }
        })
        .build();
    for (int step = 0; step < count; step++) {
      Map<String, Object> mark = new HashMap<>();
      mark.put("step", step);
      mark.put("by", "java");
      analytics.enqueue(message(step, mark).userId("java"));
      Thread.sleep(20);
    }
    analytics.flush();
    while (delivered.get() + failed.get() < count) Thread.sleep(50);
    analytics.shutdown();
    System.out.printf("{\"delivered\":%d,\"failed\":%d}%n", delivered.get(), failed.get());
    System.exit(0);
  }

  private static MessageBuilder<?, ?> message(int step, Map<String, Object> mark) {
    switch (step % 5) {
      case 0:
        mark.put("email", "java@example.com");
        return IdentifyMessage.builder().traits(mark);
      case 1:
        return TrackMessage.builder("Viewed").properties(mark);
      case 2:
        return PageMessage.builder("Home").properties(mark);
      case 3:
        return ScreenMessage.builder("Start").properties(mark);
      default:
        return GroupMessage.builder("acme").traits(mark);
    }
  }
}
