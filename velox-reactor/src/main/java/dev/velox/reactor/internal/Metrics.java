package dev.velox.reactor.internal;

import dev.velox.reactor.MetricsListener;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Tells a listener, if there is one, and lets nothing that it throws reach the construct. */
public final class Metrics {

  private Metrics() {}

  /**
   * Tells of an event.
   *
   * @param listener who is told; {@code null} if nobody
   * @param event what happened
   */
  public static void count(@Nullable MetricsListener listener, MetricsListener.Event event) {
    if (listener != null) {
      try {
        listener.count(event);
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, Context.empty());
      }
    }
  }

  /**
   * Tells how long something took.
   *
   * @param listener who is told; {@code null} if nobody
   * @param timing what took time
   * @param nanos how long
   */
  public static void time(
      @Nullable MetricsListener listener, MetricsListener.Timing timing, long nanos) {
    if (listener != null) {
      try {
        listener.time(timing, nanos, TimeUnit.NANOSECONDS);
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, Context.empty());
      }
    }
  }
}
