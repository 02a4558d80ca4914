package dev.velox.reactor.spring;

import dev.velox.reactor.MetricsListener;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what happens to the constructs that the properties declare. It is there only where an
 * endpoint shows it.
 */
final class Counters {

  private final ConcurrentHashMap<String, Counter> byConstruct = new ConcurrentHashMap<>();

  /** The counter of a construct, made if there is none. */
  MetricsListener listener(String kind, String name) {
    Counter made = new Counter();
    Counter first = byConstruct.putIfAbsent(key(kind, name), made);
    return first == null ? made : first;
  }

  /** How often what has happened; what has not is left out. */
  Map<String, Long> counts(String kind, String name) {
    Counter counter = byConstruct.get(key(kind, name));
    return counter == null ? Map.of() : counter.counts();
  }

  private static String key(String kind, String name) {
    return kind + "." + name;
  }

  private static final class Counter implements MetricsListener {

    private final Map<Event, LongAdder> counts = new EnumMap<>(Event.class);

    Counter() {
      for (Event event : Event.values()) {
        counts.put(event, new LongAdder());
      }
    }

    @Override
    public void count(Event event) {
      LongAdder adder = counts.get(event);
      if (adder != null) {
        adder.increment();
      }
    }

    @Override
    public void time(Timing timing, long amount, TimeUnit unit) {
      // Times are for a registry of meters.
    }

    Map<String, Long> counts() {
      Map<String, Long> told = new TreeMap<>();
      counts.forEach(
          (event, adder) -> {
            long count = adder.sum();
            if (count > 0) {
              told.put(event.name(), count);
            }
          });
      return told;
    }
  }
}
