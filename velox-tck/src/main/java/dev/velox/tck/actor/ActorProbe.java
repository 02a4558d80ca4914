package dev.velox.tck.actor;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorBuilder;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Termination;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelBuilder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.opentest4j.AssertionFailedError;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An actor whose messages the test reads, to stand in for whom the actor under test talks to.
 *
 * <pre>{@code
 * ActorProbe<Shipped> customer = ActorProbe.create();
 * warehouse.trySend(new Order("book", customer.ref()));
 *
 * customer.expectMessage(new Shipped("book"));
 * customer.expectNoMessage(Duration.ofMillis(100));
 * }</pre>
 *
 * <p>Expectations wait on the thread of the test, 30 seconds at most unless told otherwise, and
 * fail with an {@code AssertionError} that says what came instead. A message that was looked at is
 * gone, whether it was expected or not. To answer an ask, use the reply in its message; where the
 * asker holds the test's thread, see {@link #answer}.
 *
 * <p>They wait in the time in which the test is: in a {@code ManualTime} if the probe comes from
 * one; in a simulation, which they drive; in the virtual time of reactor-test, which they advance
 * by a millisecond at a time, so that a generous limit costs nothing; else in real time. A
 * non-blocking thread is refused, as is a task of one of those times, with an {@code
 * IllegalStateException}.
 *
 * <p>A probe takes whatever it is sent at once, on the sender's thread; so it has no thread, and
 * needs no end. Senders never wait for it.
 *
 * @param <M> the type of the messages
 */
public final class ActorProbe<M> {

  private static final Duration GENEROUS = Duration.ofSeconds(30);
  private static final int REMEMBERED = 10;
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final Actor<M> actor;
  private final Channel<M> inbox;
  private final @Nullable ManualTime time;
  private final Deque<M> read = new ArrayDeque<>();
  private volatile Consumer<? super M> answer = message -> {};
  private Duration limit = GENEROUS;

  private ActorProbe(String name, @Nullable ManualTime time) {
    ChannelBuilder<M> channel = Channel.<M>builder().unbounded();
    ActorBuilder<Integer, M> builder =
        Actor.builder(0, Behavior.<Integer, M>sync(this::arrive)).name(name).unboundedMailbox();
    if (time != null) {
      channel.timer(time.scheduler());
      time.drive(builder);
    }
    this.time = time;
    this.inbox = channel.build();
    this.actor = builder.scheduler(Schedulers.immediate()).build();
  }

  private Integer arrive(Integer state, M message) {
    Object ignored = inbox.trySend(message);
    answer.accept(message);
    return state;
  }

  /**
   * A probe with a numbered name.
   *
   * @param <M> the type of the messages
   * @return a new probe
   */
  public static <M> ActorProbe<M> create() {
    return create("probe-" + NUMBERS.incrementAndGet());
  }

  /**
   * A probe.
   *
   * @param <M> the type of the messages
   * @param name its name, for failures
   * @return a new probe
   */
  public static <M> ActorProbe<M> create(String name) {
    return new ActorProbe<>(Objects.requireNonNull(name, "name must not be null"), null);
  }

  static <M> ActorProbe<M> in(ManualTime time) {
    return new ActorProbe<>("probe-" + NUMBERS.incrementAndGet(), time);
  }

  /**
   * The actor that others may send to.
   *
   * @return always the same
   */
  public Actor<M> ref() {
    return actor;
  }

  /**
   * How long expectations wait where they don't say it themselves. The default is 30 seconds.
   *
   * @param time how long
   * @return this probe
   */
  public ActorProbe<M> limit(Duration time) {
    this.limit = TestClock.notNegative(time, "limit");
    return this;
  }

  /**
   * Does something with each message as it arrives, on the sender's thread, beside keeping it for
   * the test: to answer asks of an actor that waits for them. What it throws is the asker's error.
   *
   * @param callback what to do, which must not block; it replaces the one before
   * @return this probe
   */
  public ActorProbe<M> answer(Consumer<? super M> callback) {
    this.answer = Objects.requireNonNull(callback, "callback must not be null");
    return this;
  }

  /**
   * How many messages have come that the test has not looked at.
   *
   * @return their number at this instant
   */
  public int size() {
    return inbox.size();
  }

  // ---- one message ----------------------------------------------------------------------------

  /**
   * Waits for a message, whichever.
   *
   * @return the message
   * @throws AssertionError if there is none in time
   */
  public M expectMessage() {
    return expectMessageWithin(limit);
  }

  /**
   * Waits for a message that equals the given one.
   *
   * @param expected the message
   * @return the message that came
   * @throws AssertionError if another one comes, or none in time
   */
  public M expectMessage(M expected) {
    return expectMessageWithin(limit, expected);
  }

  /**
   * Waits for a message of a type.
   *
   * @param <T> the type
   * @param type the type
   * @return the message
   * @throws AssertionError if one of another type comes, or none in time
   */
  public <T extends M> T expectMessage(Class<T> type) {
    return expectMessageWithin(limit, type);
  }

  /**
   * As {@link #expectMessage()}, within a time.
   *
   * @param time how long to wait
   * @return the message
   */
  public M expectMessageWithin(Duration time) {
    return next("a message", time);
  }

  /**
   * As {@link #expectMessage(Object)}, within a time.
   *
   * @param time how long to wait
   * @param expected the message
   * @return the message that came
   */
  public M expectMessageWithin(Duration time, M expected) {
    Objects.requireNonNull(expected, "expected must not be null");
    M message = next(expected, time);
    if (!message.equals(expected)) {
      throw new AssertionFailedError(
          actor.name() + " expected " + expected + ", but received " + message + history(1),
          expected,
          message);
    }
    return message;
  }

  /**
   * As {@link #expectMessage(Class)}, within a time.
   *
   * @param <T> the type
   * @param time how long to wait
   * @param type the type
   * @return the message
   */
  public <T extends M> T expectMessageWithin(Duration time, Class<T> type) {
    Objects.requireNonNull(type, "type must not be null");
    M message = next(type.getSimpleName(), time);
    if (!type.isInstance(message)) {
      throw new AssertionFailedError(
          actor.name()
              + " expected "
              + type.getSimpleName()
              + ", but received "
              + message
              + history(1));
    }
    return type.cast(message);
  }

  /**
   * Waits, and fails if a message comes.
   *
   * @param time how long
   * @throws AssertionError if there is a message
   */
  public void expectNoMessage(Duration time) {
    M message = poll(clock(), TestClock.notNegative(time, "time"));
    if (message != null) {
      throw new AssertionFailedError(
          actor.name() + " expected no message, but received " + message + history(1));
    }
  }

  // ---- several --------------------------------------------------------------------------------

  /**
   * Waits for a number of messages.
   *
   * @param count how many
   * @return the messages, in their order
   * @throws AssertionError if there are fewer in time
   */
  public List<M> receiveMessages(int count) {
    return receiveMessages(count, limit);
  }

  /**
   * Waits for a number of messages, within a time for all.
   *
   * @param count how many
   * @param time how long to wait
   * @return the messages, in their order
   * @throws AssertionError if there are fewer in time
   */
  public List<M> receiveMessages(int count, Duration time) {
    if (count < 0) {
      throw new IllegalArgumentException("count must not be negative, but was " + count);
    }
    Remaining remaining = new Remaining(time);
    List<M> messages = new ArrayList<>();
    while (messages.size() < count) {
      M message = remaining.poll();
      if (message == null) {
        throw new AssertionFailedError(
            actor.name()
                + " expected "
                + count
                + " messages within "
                + time
                + ", but received "
                + messages.size()
                + ": "
                + messages);
      }
      messages.add(message);
    }
    return messages;
  }

  /**
   * Waits for a message that fits, and lets others go by.
   *
   * @param fits which one
   * @return the first that fits
   * @throws AssertionError if there is none in time; it says what went by
   */
  public M fishFor(Predicate<? super M> fits) {
    Objects.requireNonNull(fits, "fits must not be null");
    return fish("a message that fits", limit, fits);
  }

  /**
   * Waits for a message of a type, and lets others go by.
   *
   * @param <T> the type
   * @param type the type
   * @return the first of this type
   * @throws AssertionError if there is none in time; it says what went by
   */
  public <T extends M> T fishFor(Class<T> type) {
    Objects.requireNonNull(type, "type must not be null");
    return type.cast(fish(type.getSimpleName(), limit, type::isInstance));
  }

  private M fish(String wanted, Duration time, Predicate<? super M> fits) {
    Remaining remaining = new Remaining(time);
    List<M> passed = new ArrayList<>();
    for (M message = remaining.poll(); message != null; message = remaining.poll()) {
      if (fits.test(message)) {
        return message;
      }
      passed.add(message);
    }
    throw new AssertionFailedError(
        actor.name() + " fished for " + wanted + " for " + time + ", but caught only " + passed);
  }

  // ---- the end of others ----------------------------------------------------------------------

  /**
   * Waits for the end of an actor. It needs no watching before.
   *
   * @param other the actor
   * @return how it ended
   * @throws AssertionError if it does not in time
   */
  public Termination expectTerminated(Actor<?> other) {
    return expectTerminated(other, limit);
  }

  /**
   * Waits for the end of an actor, within a time.
   *
   * @param other the actor
   * @param within how long to wait
   * @return how it ended
   * @throws AssertionError if it does not in time
   */
  public Termination expectTerminated(Actor<?> other, Duration within) {
    Objects.requireNonNull(other, "other must not be null");
    TestClock.notNegative(within, "within");
    TestClock clock = clock();
    Ending<Termination> end = new Ending<>(() -> {});
    end.subscribeTo(other.terminated());
    Scheduler timer = time == null ? Schedulers.parallel() : time.scheduler();
    Signal<Termination> ignored = clock.await(other.terminated().timeout(within, timer), within);
    clock.settle();
    Signal<Termination> last = end.signal();
    Termination termination = last == null ? null : last.get();
    if (termination == null) {
      end.cancel();
      throw new AssertionFailedError(
          other.name() + " was expected to end within " + within + ", but lives on");
    }
    return termination;
  }

  // ---- machinery ------------------------------------------------------------------------------

  private TestClock clock() {
    return time == null ? TestClock.here() : TestClock.of(time);
  }

  private M next(Object wanted, Duration within) {
    M message = poll(clock(), TestClock.notNegative(within, "time"));
    if (message == null) {
      throw new AssertionFailedError(
          actor.name()
              + " expected "
              + wanted
              + ", but received nothing within "
              + within
              + history(0));
    }
    return message;
  }

  private @Nullable M poll(TestClock clock, Duration within) {
    Signal<M> signal = clock.await(inbox.receive(within), within);
    M message = signal.get();
    if (message == null) {
      clock.settle(); // one that comes at the very instant of the limit is in time
      message = inbox.tryReceive().toOptional().orElse(null);
    }
    if (message != null) {
      if (read.size() == REMEMBERED) {
        read.removeFirst();
      }
      read.addLast(message);
    }
    return message;
  }

  /** What was read before, but for the last ones, which the failure tells anyway. */
  private String history(int told) {
    List<M> before = new ArrayList<>(read).subList(0, read.size() - told);
    return before.isEmpty() ? "" : "; before that " + before;
  }

  @Override
  public String toString() {
    return "ActorProbe(" + actor.name() + ", " + size() + " messages)";
  }

  /** One limit for several messages. */
  private final class Remaining {
    private final TestClock clock = clock();
    private final long endNanos;

    Remaining(Duration time) {
      this.endNanos = clock.nowNanos() + TestClock.notNegative(time, "time").toNanos();
    }

    @Nullable M poll() {
      return ActorProbe.this.poll(
          clock, Duration.ofNanos(Math.max(0, endNanos - clock.nowNanos())));
    }
  }
}
