package dev.velox.reactor.internal;

import dev.velox.reactor.MetricsListener;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Tells a listener, if there is one, and lets nothing that it throws reach the construct. */
public final class Metrics {

  private Metrics() {}

  /**
   * The listener that a construct tells.
   *
   * @param given what its user gave it
   * @param kind what it is
   * @param name the name that its user gave it
   * @return {@code null} if there is nobody to tell
   */
  public static @Nullable MetricsListener of(
      @Nullable MetricsListener given, MetricsListener.Kind kind, @Nullable String name) {
    if (given == null || given == MetricsListener.noop()) {
      return null;
    }
    try {
      return given.forConstruct(kind, name);
    } catch (Throwable failure) {
      Operators.onErrorDropped(failure, Context.empty());
      return null;
    }
  }

  /**
   * Offers something to be looked at.
   *
   * @param <C> the type of the construct
   * @param listener who may look; {@code null} if nobody
   * @param level what
   * @param construct whose
   * @param reader looks; it must not hold the construct itself
   */
  public static <C> void level(
      @Nullable MetricsListener listener,
      MetricsListener.Level level,
      C construct,
      ToLongFunction<? super C> reader) {
    if (listener != null) {
      try {
        listener.level(level, construct, reader);
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, Context.empty());
      }
    }
  }

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
