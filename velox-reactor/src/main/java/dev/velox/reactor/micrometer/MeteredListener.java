package dev.velox.reactor.micrometer;

import dev.velox.reactor.MetricsListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the constructs of one kind and name. All are registered at once, so that they tell
 * zero before anything has happened, and what is told finds its meter without a lock or a hash.
 */
final class MeteredListener implements MetricsListener {

  // Filled by the constructor, and only read from then on.
  private final EnumMap<Event, Counter> counters = new EnumMap<>(Event.class);
  private final EnumMap<Timing, Timer> timers = new EnumMap<>(Timing.class);
  private final EnumMap<Level, LevelSum> levels = new EnumMap<>(Level.class);

  MeteredListener(MeterRegistry registry, Tags common, Kind kind, @Nullable String name) {
    Tags tags =
        common.and(
            VeloxMeters.Tag.KIND.asString(),
            VeloxMeters.label(kind),
            VeloxMeters.Tag.NAME.asString(),
            name == null ? "none" : name);
    for (VeloxMeters meter : VeloxMeters.values()) {
      if (meter.isOf(kind)) {
        Enum<?> source = meter.source();
        if (source != null) {
          register(registry, meter, source, tags);
        } else {
          registerEach(registry, meter, tags);
        }
      }
    }
  }

  private void registerEach(MeterRegistry registry, VeloxMeters meter, Tags tags) {
    Enum<?>[] sources =
        switch (meter.getType()) {
          case COUNTER -> Event.values();
          case TIMER -> Timing.values();
          default -> Level.values();
        };
    String key = meter.getKeyNames()[2].asString();
    for (Enum<?> source : sources) {
      register(registry, meter, source, tags.and(key, VeloxMeters.label(source)));
    }
  }

  private void register(MeterRegistry registry, VeloxMeters meter, Enum<?> source, Tags tags) {
    String name = meter.getName();
    String unit = meter.getBaseUnit();
    if (source instanceof Event event) {
      counters.put(event, Counter.builder(name).tags(tags).baseUnit(unit).register(registry));
    } else if (source instanceof Timing timing) {
      timers.put(timing, Timer.builder(name).tags(tags).register(registry));
    } else if (source instanceof Level level) {
      LevelSum sum = new LevelSum();
      levels.put(level, sum);
      Gauge.builder(name, sum, LevelSum::value)
          .tags(tags)
          .baseUnit(unit)
          .strongReference(true)
          .register(registry);
    }
  }

  @Override
  public void count(Event event) {
    Counter counter = counters.get(event);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void time(Timing timing, long amount, TimeUnit unit) {
    Timer timer = timers.get(timing);
    if (timer != null) {
      timer.record(amount, unit);
    }
  }

  @Override
  public <C> void level(Level level, C construct, ToLongFunction<? super C> reader) {
    LevelSum sum = levels.get(level);
    if (sum != null) {
      sum.add(construct, reader);
    }
  }
}
