package dev.velox.reactor.testing;

import dev.velox.reactor.MetricsListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/** Notes what a construct tells its listener. */
public final class Recorder implements MetricsListener {

  public static final Duration LIMIT = Duration.ofSeconds(40);

  private final Map<Event, Integer> events = new ConcurrentHashMap<>();
  private final Map<Timing, Integer> timings = new ConcurrentHashMap<>();

  @Override
  public void count(Event event) {
    events.merge(event, 1, Integer::sum);
  }

  @Override
  public void time(Timing timing, long amount, TimeUnit unit) {
    timings.merge(timing, 1, Integer::sum);
  }

  public Map<Event, Integer> events() {
    return events;
  }

  public Map<Timing, Integer> timings() {
    return timings;
  }

  public int of(Event event) {
    return events.getOrDefault(event, 0);
  }

  public int of(Timing timing) {
    return timings.getOrDefault(timing, 0);
  }

  /** Waits until a condition holds, on a thread that may wait. */
  public static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("in vain waited until " + what);
      }
      Mono.delay(Duration.ofMillis(2)).block();
    }
  }
}
