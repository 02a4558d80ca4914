package dev.velox.reactor.spring;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Metrics;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Who is told what happens to a construct: the application's listener, and the endpoint's. */
record Listeners(MetricsListener ofApplication, @Nullable Counters counters) {

  MetricsListener of(String kind, String name) {
    if (counters == null) {
      return ofApplication;
    }
    MetricsListener counter = counters.listener(kind, name);
    return ofApplication == MetricsListener.noop() ? counter : new Both(ofApplication, counter);
  }

  private record Both(MetricsListener first, MetricsListener second) implements MetricsListener {

    @Override
    public MetricsListener forConstruct(Kind kind, @Nullable String name) {
      MetricsListener own = Metrics.of(first, kind, name);
      return own == null ? second : new Both(own, second);
    }

    @Override
    public <C> void level(Level level, C construct, ToLongFunction<? super C> reader) {
      Metrics.level(first, level, construct, reader);
    }

    @Override
    public void count(Event event) {
      Metrics.count(first, event);
      second.count(event);
    }

    @Override
    public void time(Timing timing, long amount, TimeUnit unit) {
      Metrics.time(first, timing, unit.toNanos(amount));
      second.time(timing, amount, unit);
    }
  }
}
