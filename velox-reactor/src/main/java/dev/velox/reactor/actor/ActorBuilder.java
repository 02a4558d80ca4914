package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Options of an actor. A builder may build many actors; it is not for use by several threads at
 * once.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public final class ActorBuilder<S, M> {

  final Supplier<? extends S> initial;
  final Behavior<S, M> behavior;
  int mailbox = 1024;
  Supervision supervision = Supervision.resume();
  @Nullable String name;
  @Nullable Scheduler scheduler;
  @Nullable Scheduler timer;
  int throughput = 64;
  MetricsListener metrics = MetricsListener.noop();
  @Nullable Consumer<? super M> deadLetters;
  Mono<Void> preRestart = Mono.empty();
  Mono<Void> postStop = Mono.empty();

  ActorBuilder(Supplier<? extends S> initial, Behavior<S, M> behavior) {
    this.initial = Args.notNull(initial, "initial");
    this.behavior = Args.notNull(behavior, "behavior");
  }

  /**
   * How many messages may wait to be handled. The default is 1,024.
   *
   * @param messages the capacity of the mailbox; {@code Integer.MAX_VALUE} for no limit
   * @return this builder
   * @throws IllegalArgumentException if it is not positive
   */
  public ActorBuilder<S, M> mailbox(int messages) {
    this.mailbox = Args.positive(messages, "mailbox");
    return this;
  }

  /**
   * How it goes on after a failure. The default is {@link Supervision#resume()}.
   *
   * @param how the supervision
   * @return this builder
   */
  public ActorBuilder<S, M> supervision(Supervision how) {
    this.supervision = Args.notNull(how, "supervision");
    return this;
  }

  /**
   * A name, for errors, {@code Scannable} and metrics.
   *
   * @param actorName the name
   * @return this builder
   */
  public ActorBuilder<S, M> name(String actorName) {
    this.name = Args.notNull(actorName, "name");
    return this;
  }

  /**
   * Where behaviours run. The default is a pool of non-blocking threads that all actors share.
   *
   * @param where the scheduler
   * @return this builder
   */
  public ActorBuilder<S, M> scheduler(Scheduler where) {
    this.scheduler = Args.notNull(where, "scheduler");
    return this;
  }

  /**
   * Where time-outs and delays are kept. The default is {@code Schedulers.parallel()}, looked up at
   * each use.
   *
   * @param clock the scheduler
   * @return this builder
   */
  public ActorBuilder<S, M> timer(Scheduler clock) {
    this.timer = Args.notNull(clock, "timer");
    return this;
  }

  /**
   * How many messages are handled in one go before others get the thread. The default is 64.
   *
   * @param messages how many
   * @return this builder
   * @throws IllegalArgumentException if it is not positive
   */
  public ActorBuilder<S, M> throughput(int messages) {
    this.throughput = Args.positive(messages, "throughput");
    return this;
  }

  /**
   * Is told of messages accepted, handled, failed and dropped, and of senders that wait. The
   * default listens to nothing.
   *
   * @param listener the listener
   * @return this builder
   */
  public ActorBuilder<S, M> metrics(MetricsListener listener) {
    this.metrics = Args.notNull(listener, "metrics");
    return this;
  }

  /**
   * Is called with each message that was accepted and will not be handled, once. What it throws
   * goes to Reactor's {@code onErrorDropped} hook.
   *
   * @param callback what to do with the message
   * @return this builder
   */
  public ActorBuilder<S, M> onDeadLetter(Consumer<? super M> callback) {
    this.deadLetters = Args.notNull(callback, "onDeadLetter");
    return this;
  }

  /**
   * What it does before it begins anew after a failure.
   *
   * @param what subscribed each time; its failure goes to the {@code onErrorDropped} hook
   * @return this builder
   */
  public ActorBuilder<S, M> preRestart(Mono<Void> what) {
    this.preRestart = Args.notNull(what, "preRestart");
    return this;
  }

  /**
   * What it does last, however it ends, before {@link Actor#terminated()} tells.
   *
   * @param what subscribed once; its failure goes to the {@code onErrorDropped} hook
   * @return this builder
   */
  public ActorBuilder<S, M> postStop(Mono<Void> what) {
    this.postStop = Args.notNull(what, "postStop");
    return this;
  }

  /**
   * Builds an actor.
   *
   * @return a new actor, ready
   */
  public StatefulActor<S, M> build() {
    return new DefaultActor<>(this);
  }
}
