package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Metrics;
import java.time.Duration;
import java.util.Comparator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Options of an {@link Actor}. A builder may build many; it is not for use by several threads at
 * once.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public final class ActorBuilder<S, M> {

  private final S initial;
  private final Object behavior;
  private @Nullable String name;
  private int capacity = Settings.DEFAULT.capacity();
  private Overflow overflow = Settings.DEFAULT.overflow();
  private @Nullable Comparator<Object> priority;
  private int throughput = Settings.DEFAULT.throughput();
  private @Nullable Duration askTimeout;
  private Supervision supervision = Settings.DEFAULT.supervision();
  private @Nullable Scheduler scheduler;
  private @Nullable Scheduler timer;
  private @Nullable Consumer<? super DeadLetter> onDeadLetter;
  private @Nullable Consumer<? super ActorEvent> onEvent;
  private @Nullable MetricsListener metrics;
  private Settings last = Settings.DEFAULT;

  ActorBuilder(S initial, Object behavior) {
    this.initial = initial;
    this.behavior = behavior;
  }

  /**
   * A name, for errors, events, {@code Scannable} and the registry of a system. The default is a
   * number.
   *
   * @param actorName the name
   * @return this builder
   */
  public ActorBuilder<S, M> name(String actorName) {
    this.name = Args.notNull(actorName, "name");
    return this;
  }

  /**
   * How many messages may wait, and what happens to one more. The default is 1,024 and {@link
   * Overflow#WAIT}.
   *
   * @param messages how many
   * @param whenFull what happens to one more
   * @return this builder
   * @throws IllegalArgumentException if {@code messages} is not positive
   */
  public ActorBuilder<S, M> mailbox(int messages, Overflow whenFull) {
    this.capacity = Args.positive(messages, "mailbox");
    this.overflow = Args.notNull(whenFull, "overflow");
    return this;
  }

  /**
   * How many messages may wait before senders do.
   *
   * @param messages how many
   * @return this builder
   * @throws IllegalArgumentException if {@code messages} is not positive
   */
  public ActorBuilder<S, M> mailbox(int messages) {
    return mailbox(messages, Overflow.WAIT);
  }

  /**
   * Lets any number of messages wait.
   *
   * @return this builder
   */
  public ActorBuilder<S, M> unboundedMailbox() {
    return mailbox(Integer.MAX_VALUE);
  }

  /**
   * Takes the least message first, by an order that must not fail; among equals the earlier one.
   * Not with {@link Overflow#DROP_OLDEST}.
   *
   * @param order the order
   * @return this builder
   */
  @SuppressWarnings("unchecked") // only messages, which are of type M, are compared
  public ActorBuilder<S, M> priority(Comparator<? super M> order) {
    this.priority = (Comparator<Object>) Args.notNull(order, "priority");
    return this;
  }

  /**
   * How many messages an actor handles in one turn while others wait for theirs. The default is 64.
   *
   * @param messages how many
   * @return this builder
   * @throws IllegalArgumentException if {@code messages} is not positive
   */
  public ActorBuilder<S, M> throughput(int messages) {
    this.throughput = Args.positive(messages, "throughput");
    return this;
  }

  /**
   * How long {@link Actor#ask(java.util.function.Function)} waits. The default is until it is
   * answered, or known not to be.
   *
   * @param timeout how long
   * @return this builder
   * @throws IllegalArgumentException if {@code timeout} is not positive
   */
  public ActorBuilder<S, M> askTimeout(Duration timeout) {
    this.askTimeout = Args.positive(timeout, "askTimeout");
    return this;
  }

  /**
   * What happens when a behaviour fails. The default is {@link Supervision#resume()}.
   *
   * @param decisions what happens
   * @return this builder
   */
  public ActorBuilder<S, M> supervision(Supervision decisions) {
    this.supervision = Args.notNull(decisions, "supervision");
    return this;
  }

  /**
   * Where the actor takes its turns. The default is a fork-join pool with as many non-blocking
   * threads as processors, or virtual time. There an actor that another one's turn has woken runs
   * next on the same thread: a behaviour that blocked until the other answers would wait for ever.
   *
   * @param turns the scheduler
   * @return this builder
   */
  public ActorBuilder<S, M> scheduler(Scheduler turns) {
    this.scheduler = Args.notNull(turns, "scheduler");
    return this;
  }

  /**
   * Whose time ends asks, delays restarts and drives timers. The default is {@code
   * Schedulers.parallel()}, looked up at each use.
   *
   * @param clock the scheduler
   * @return this builder
   */
  public ActorBuilder<S, M> timer(Scheduler clock) {
    this.timer = Args.notNull(clock, "timer");
    return this;
  }

  /**
   * Is called with each message that was accepted and will not be handled.
   *
   * @param callback what to do with it
   * @return this builder
   */
  public ActorBuilder<S, M> onDeadLetter(Consumer<? super DeadLetter> callback) {
    this.onDeadLetter = Args.notNull(callback, "onDeadLetter");
    return this;
  }

  /**
   * Is called with what happens to the actor.
   *
   * @param callback what to do with it
   * @return this builder
   */
  public ActorBuilder<S, M> onEvent(Consumer<? super ActorEvent> callback) {
    this.onEvent = Args.notNull(callback, "onEvent");
    return this;
  }

  /**
   * Is told of messages that are accepted, delivered to the behaviour, dropped, or rejected; of
   * senders that wait for room and those that leave; of asks that time out, are cancelled in the
   * mailbox, or are answered a second time; of behaviours that succeed and fail, and how long they
   * take ({@code RUN}); how long each message has waited in the mailbox ({@code WAIT}); and how
   * many wait there, a level. It is asked for the actor's own by its name; those of a group share
   * the group's. The default listens to nothing and costs nothing; with a listener a message costs
   * some 32 bytes more.
   *
   * @param listener the listener
   * @return this builder
   */
  public ActorBuilder<S, M> metrics(MetricsListener listener) {
    Args.notNull(listener, "metrics");
    this.metrics = listener == MetricsListener.noop() ? null : listener;
    return this;
  }

  /**
   * Builds an actor, which starts at once.
   *
   * @return a new actor
   * @throws IllegalStateException if a priority is combined with dropping the oldest
   */
  public StatefulActor<S, M> build() {
    return build(name, null).begin();
  }

  /** An actor that has not begun. */
  DefaultActor<S, M> build(@Nullable String actorName, @Nullable Home home) {
    DefaultActor<S, M> actor =
        new DefaultActor<>(settings(actorName), actorName, initial, behavior);
    actor.home = home;
    return actor;
  }

  /** The actor of a key, which is held. */
  <K> KeyedActor<K, S, M> buildKeyed(
      DefaultActorGroup<K, M> group, K key, @Nullable ActorCore<?, M> predecessor) {
    return new KeyedActor<>(settings(group.name()), initial, behavior, group, key, predecessor);
  }

  /** The options as they are now; the same object as long as they are the same. */
  private Settings settings(@Nullable String told) {
    if (priority != null && overflow == Overflow.DROP_OLDEST) {
      throw new IllegalStateException(
          "priority " + priority + " can't be combined with overflow " + overflow);
    }
    Settings now =
        new Settings(
            capacity,
            overflow,
            priority,
            throughput,
            askTimeout,
            supervision,
            scheduler,
            timer,
            onDeadLetter,
            onEvent,
            Metrics.of(metrics, MetricsListener.Kind.ACTOR, told));
    if (!now.equals(last)) {
      last = now;
    }
    return last;
  }

  @Nullable String name() {
    return name;
  }
}
