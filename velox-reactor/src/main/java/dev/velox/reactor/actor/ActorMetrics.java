package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.Metrics;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What an actor tells its listener; there is none for an actor without one. */
final class ActorMetrics {

  /** A message that knows when it was accepted. */
  private static final class Timed extends Mail {
    private final long acceptedAt;

    Timed(Object mail, long acceptedAt) {
      super(Mail.message(mail), Mail.context(mail), Mail.ask(mail));
      this.acceptedAt = acceptedAt;
    }
  }

  private final ActorCore<?, ?> core;
  private final MetricsListener listener;

  /** When the message at hand was handed over; touched by the actor's owner alone. */
  private long begunAt;

  private ActorMetrics(ActorCore<?, ?> core, MetricsListener listener) {
    this.core = core;
    this.listener = listener;
  }

  static @Nullable ActorMetrics of(ActorCore<?, ?> core, @Nullable MetricsListener listener) {
    if (listener == null) {
      return null;
    }
    Metrics.level(listener, MetricsListener.Level.BUFFERED, core, each -> each.mailbox().size());
    return new ActorMetrics(core, listener);
  }

  private long now() {
    return core.timer().now(TimeUnit.NANOSECONDS);
  }

  void count(Event event) {
    Metrics.count(listener, event);
  }

  /** What is to lie in the mailbox for a message that was accepted. */
  Object accepted(Object mail) {
    count(Event.ACCEPTED);
    return new Timed(mail, now());
  }

  /** A message is handed over. */
  void begun(Object mail) {
    begunAt = now();
    count(Event.DELIVERED);
    if (mail instanceof Timed timed) {
      Metrics.time(listener, Timing.WAIT, begunAt - timed.acceptedAt);
    }
  }

  /** The behaviour has ended. */
  void ended(boolean isFailed) {
    Metrics.time(listener, Timing.RUN, now() - begunAt);
    count(isFailed ? Event.FAILED : Event.SUCCEEDED);
  }
}
