package dev.velox.reactor;

import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Is told what a construct does. Given to a construct when it is built; the default does nothing
 * and costs nothing: no clock is read, and nothing is allocated, for a listener that is not there.
 *
 * <p>A construct that is being built first asks it for the listener that the construct is to tell
 * ({@link #forConstruct}), then offers that one what can be looked at ({@link #level}). Both do
 * nothing by default, so that a listener which only counts is one with two methods.
 *
 * <p>Calls come on whatever thread does the work, many at a time, and inside it: an implementation
 * must be thread-safe, must not block, and should do no more than add to a counter. What it throws
 * is dropped through Reactor's {@code onErrorDropped} hook. A binding to Micrometer comes with the
 * {@code micrometer} package.
 */
public interface MetricsListener {

  /** What a construct is. */
  enum Kind {
    /** A channel, or a queue on one. */
    CHANNEL,
    /** A broadcast. */
    BROADCAST,
    /** A mutex, and the conditions of it. */
    MUTEX,
    /** A mutex that a section may take again. */
    REENTRANT_MUTEX,
    /** A mutex per key; all keys together. */
    KEYED_MUTEX,
    /** A semaphore. */
    SEMAPHORE,
    /** A lock for many readers or one writer. */
    READ_WRITE_MUTEX,
    /** A latch. */
    COUNT_DOWN_LATCH,
    /** A barrier. */
    CYCLIC_BARRIER,
    /** The transactions with the same options. */
    TRANSACTION,
    /** The operations under a retry policy. */
    RETRY,
    /** An actor. */
    ACTOR,
    /** A worker. */
    WORKER,
    /** A pool of workers. */
    WORKER_POOL,
    /** A map; it tells of its loads. */
    MAP,
    /** A construct of the user's own. */
    OTHER
  }

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

  /** What can be looked at in a construct at any time. Each has those that it can have. */
  enum Level {
    /** Values or messages that were accepted and not yet delivered; entries of a map. */
    BUFFERED,
    /** Operations that wait to be let in: sends, publications, requests for a lock. */
    WAITING,
    /** Receives that wait for a value; subscribers of a broadcast. */
    RECEIVING,
    /** Permits that are held, threads that work. */
    ACTIVE
  }

  /**
   * A construct is being built, and asks for the listener that it will tell. By default that is
   * this one, which then does not know who tells it.
   *
   * <p>An answer is one construct's, or that of all with this kind and name; asked again, for a
   * part of that construct, it should answer itself.
   *
   * @param kind what it is
   * @param name the name that its user gave it; {@code null} if none
   * @return the listener to be told
   */
  default MetricsListener forConstruct(Kind kind, @Nullable String name) {
    return this;
  }

  /**
   * A construct that is being built offers something to be looked at, from any thread and as often
   * as wanted. By default nobody looks. An implementation must not keep the construct alive.
   *
   * @param <C> the type of the construct
   * @param level what
   * @param construct whose
   * @param reader looks; it neither blocks nor waits, and needs no more than the construct
   */
  default <C> void level(Level level, C construct, ToLongFunction<? super C> reader) {}

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
