package dev.velox.reactor.micrometer;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.List;

/**
 * Binds Velox's constructs to Micrometer: gives a {@link MetricsListener} for their builders and
 * options.
 *
 * <pre>{@code
 * MetricsListener metrics = VeloxMetrics.listener(registry);
 * Channel<Order> orders = Channel.<Order>builder().capacity(16).name("orders").metrics(metrics).build();
 * Mutex ledger = Mutex.create(SyncOptions.named("ledger").metrics(metrics));
 * }</pre>
 *
 * <p>One listener serves any number of constructs of all kinds. Each tells it at its building what
 * it is and what it is called; then all meters of its kind are registered, with these as tags.
 * Those of constructs of the same kind and name are shared: counters and timers take in what all of
 * them tell, gauges tell the sum of those that are alive. So name constructs by what they are for,
 * of which there are few, not by the request or the user that they serve; those without a name
 * share the name {@code none}. {@link VeloxMeters} has the meters.
 *
 * <p>Registering takes the registry's own lock, as building a construct is not what happens on a
 * hot path; what is told later adds to a counter or timer, which neither locks nor looks anything
 * up. A meter that the registry refuses makes its construct unmetered, with the error dropped
 * through Reactor's {@code onErrorDropped} hook.
 *
 * <p>This class needs {@code io.micrometer:micrometer-core} on the class path; nothing else in the
 * library does.
 */
public final class VeloxMetrics {

  private VeloxMetrics() {}

  /**
   * A listener that registers meters as it learns of constructs.
   *
   * @param registry where to
   * @return a new listener
   */
  public static MetricsListener listener(MeterRegistry registry) {
    return listener(registry, List.of());
  }

  /**
   * A listener that registers meters as it learns of constructs, with tags of the user's.
   *
   * @param registry where to
   * @param tags more tags for every meter
   * @return a new listener
   */
  public static MetricsListener listener(MeterRegistry registry, Iterable<Tag> tags) {
    return new RegisteringListener(
        Args.notNull(registry, "registry"), Tags.of(Args.notNull(tags, "tags")));
  }
}
