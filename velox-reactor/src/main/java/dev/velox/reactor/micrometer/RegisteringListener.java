package dev.velox.reactor.micrometer;

import dev.velox.reactor.MetricsListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What constructs are given. Each learns from it of the listener of its kind and name; what is told
 * here directly comes from a construct of the user's own that has neither.
 */
final class RegisteringListener implements MetricsListener {

  private record Key(Kind kind, @Nullable String name) {}

  private final MeterRegistry registry;
  private final Tags tags;
  private final ConcurrentHashMap<Key, MeteredListener> listeners = new ConcurrentHashMap<>();

  RegisteringListener(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
  }

  @Override
  public MetricsListener forConstruct(Kind kind, @Nullable String name) {
    return of(kind, name);
  }

  private MeteredListener of(Kind kind, @Nullable String name) {
    Key key = new Key(kind, name);
    MeteredListener known = listeners.get(key);
    // computeIfAbsent may lock a key that is there, too.
    return known != null
        ? known
        : listeners.computeIfAbsent(key, k -> new MeteredListener(registry, tags, kind, name));
  }

  @Override
  public void count(Event event) {
    of(Kind.OTHER, null).count(event);
  }

  @Override
  public void time(Timing timing, long amount, TimeUnit unit) {
    of(Kind.OTHER, null).time(timing, amount, unit);
  }

  @Override
  public <C> void level(Level level, C construct, ToLongFunction<? super C> reader) {
    of(Kind.OTHER, null).level(level, construct, reader);
  }
}
