package dev.velox.reactor;

import java.util.concurrent.TimeUnit;

/**
 * Is told what a construct does. Given to a construct when it is built; the default does nothing
 * and costs nothing.
 *
 * <p>Calls come on whatever thread does the work, many at a time, and inside it: an implementation
 * must be thread-safe, must not block, and should do no more than add to a counter. What it throws
 * is dropped through Reactor's {@code onErrorDropped} hook. A binding to Micrometer comes with the
 * {@code micrometer} package.
 */
public interface MetricsListener {

  /**
   * What can happen to a construct. Each construct's documentation says which of these it tells.
   */
  enum Event {
    /** A value, message or permit request was accepted. */
    ACCEPTED,
    /** A value, message or permit reached who asked for it. */
    DELIVERED,
    /** An accepted value was given up, by an overflow policy or on cancellation. */
    DROPPED,
    /** A request was refused: full, closed, or too many waiting. */
    REJECTED,
    /** An operation began to wait. */
    WAITING,
    /** A waiting operation was cancelled before it was served. */
    CANCELLED,
    /** A waiting operation's time was over before it was served. */
    TIMED_OUT,
    /** A transaction was committed. */
    COMMITTED,
    /** A transaction met a conflict and runs again. */
    CONFLICTED,
    /** A transaction or an attempt waits to run again. */
    RETRIED,
    /** A unit of work was begun. */
    STARTED,
    /** A unit of work ended well. */
    SUCCEEDED,
    /** A unit of work ended in an error. */
    FAILED,
    /** A thread that could not be ended was given up. */
    ABANDONED,
    /** An answer came when there was one already, or nobody waited for it any more. */
    IGNORED
  }

  /** What can take time in a construct. */
  enum Timing {
    /** From when an operation began to wait until it was served. */
    WAIT,
    /** From when a unit of work was begun until it ended. */
    RUN,
    /** How long a lock or permits were held. */
    HOLD
  }

  /**
   * Something happened.
   *
   * @param event what
   */
  void count(Event event);

  /**
   * Something took time.
   *
   * @param timing what
   * @param amount how long
   * @param unit the unit of {@code amount}
   */
  void time(Timing timing, long amount, TimeUnit unit);

  /**
   * The listener that does nothing.
   *
   * @return the one such listener
   */
  static MetricsListener noop() {
    return NoopMetricsListener.INSTANCE;
  }
}
