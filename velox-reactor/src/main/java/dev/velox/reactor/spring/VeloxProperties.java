package dev.velox.reactor.spring;

import dev.velox.reactor.channel.Overflow;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application may say of Velox.
 *
 * @param actors The system of actors.
 * @param workers The pool of threads for calls that block.
 * @param mutexes Mutexes by name.
 * @param semaphores Semaphores by name.
 * @param channels Channels by name.
 * @param retries Retry policies by name.
 * @param shutdown The end of the application.
 * @param web Requests that are refused.
 */
@ConfigurationProperties("velox")
record VeloxProperties(
    @DefaultValue Actors actors,
    @DefaultValue Workers workers,
    @DefaultValue Map<String, MutexSettings> mutexes,
    @DefaultValue Map<String, SemaphoreSettings> semaphores,
    @DefaultValue Map<String, ChannelSettings> channels,
    @DefaultValue Map<String, RetrySettings> retries,
    @DefaultValue Shutdown shutdown,
    @DefaultValue Web web) {

  /**
   * The system of actors.
   *
   * @param name Its name, in messages. The default is that of the application.
   */
  record Actors(@Nullable String name) {}

  /**
   * The pool of threads for calls that block.
   *
   * @param name What its threads are called, with a number.
   * @param min How many threads are started with the application, and kept though they are idle.
   * @param max How many threads there are at most. The default is the number of processors.
   * @param queue How many calls may wait for a thread; one more is refused.
   * @param idleTimeout How long a thread beyond the minimum waits for a call before it ends.
   * @param grace How long a cancelled call has to end by itself before its thread is interrupted.
   * @param hardGrace How long an interrupted thread has to end before it is abandoned.
   */
  record Workers(
      @DefaultValue("velox-worker") String name,
      @DefaultValue("0") int min,
      @Nullable Integer max,
      @DefaultValue("1024") int queue,
      @DefaultValue("60s") Duration idleTimeout,
      @DefaultValue("1s") Duration grace,
      @DefaultValue("5s") Duration hardGrace) {}

  /**
   * A mutex.
   *
   * @param reentrant Whether a section inside its own section is let in.
   * @param maxWaiters How many may wait; one more is refused. The default is no limit.
   */
  record MutexSettings(@DefaultValue("false") boolean reentrant, @Nullable Integer maxWaiters) {}

  /**
   * A semaphore.
   *
   * @param permits How many permits it lends. Has to be set.
   * @param maxWaiters How many may wait; one more is refused. The default is no limit.
   */
  record SemaphoreSettings(@Nullable Integer permits, @Nullable Integer maxWaiters) {}

  /**
   * A channel.
   *
   * @param capacity How many elements it holds.
   * @param unbounded Whether it holds any number of elements instead.
   * @param overflow What happens to an element for which there is no room.
   * @param maxWaitingSenders How many may wait to send; one more is refused. The default is no
   *     limit.
   * @param maxWaitingReceivers How many may wait to receive; one more is refused. The default is no
   *     limit.
   */
  record ChannelSettings(
      @DefaultValue("0") int capacity,
      @DefaultValue("false") boolean unbounded,
      @DefaultValue("WAIT") Overflow overflow,
      @Nullable Integer maxWaitingSenders,
      @Nullable Integer maxWaitingReceivers) {}

  /**
   * A retry policy.
   *
   * @param maxAttempts How many calls are made at most, the first included.
   * @param firstDelay The delay after the first failure.
   * @param factor By what each delay is longer than the one before.
   * @param maxDelay The longest delay.
   * @param jitter How delays stray from that.
   * @param attemptTimeout How long one attempt may take.
   * @param deadline How long all attempts and delays together may take.
   * @param maxRetryAfter The longest delay that the other side may ask for; more ends the call.
   * @param retryOn Which exceptions are worth another attempt. The default is every one.
   * @param abortOn Which exceptions are never worth another attempt.
   */
  record RetrySettings(
      @DefaultValue("3") int maxAttempts,
      @DefaultValue("100ms") Duration firstDelay,
      @DefaultValue("2") double factor,
      @DefaultValue("10s") Duration maxDelay,
      @DefaultValue("FULL") JitterKind jitter,
      @Nullable Duration attemptTimeout,
      @Nullable Duration deadline,
      @Nullable Duration maxRetryAfter,
      @DefaultValue List<Class<? extends Throwable>> retryOn,
      @DefaultValue List<Class<? extends Throwable>> abortOn) {}

  /** The jitters that need no number. */
  enum JitterKind {
    /** The delay as it is. */
    NONE,
    /** Anything from zero to the delay. */
    FULL,
    /** Half of the delay, and up to the other half. */
    EQUAL,
    /** Anything from the first delay to three times the one before. */
    DECORRELATED
  }

  /**
   * The end of the application.
   *
   * @param timeout How long everything that was accepted has to be worked off. Keep it below
   *     'spring.lifecycle.timeout-per-shutdown-phase', after which Spring waits no longer.
   * @param order In which order constructs are ended: what feeds others comes before them.
   */
  record Shutdown(
      @DefaultValue("25s") Duration timeout,
      @DefaultValue({"CHANNELS", "ACTORS", "WORKERS"}) List<Stage> order) {}

  /** What is ended together. */
  enum Stage {
    /** Channels, queues, and the pipelines that receive from them. */
    CHANNELS,
    /** Systems of actors. */
    ACTORS,
    /** Pools of threads, and workers. */
    WORKERS
  }

  /**
   * Requests that are refused.
   *
   * @param mapOverload Whether a construct that refuses one more waiter, element or message answers
   *     the request with 503.
   * @param retryAfter What such an answer says in Retry-After, in whole seconds.
   */
  record Web(@DefaultValue("true") boolean mapOverload, @DefaultValue("1s") Duration retryAfter) {}
}
