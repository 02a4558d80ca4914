package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.concurrent.Queues;

/**
 * What an actor with a context has more than others: children, timers, what lies aside, and a queue
 * of its own messages that comes before the mailbox. The queue and the children may be touched by
 * any thread; all else by the actor's owner alone.
 */
final class DefaultContext<S, M> implements ActorContext<S, M>, Home {

  private static final int STASH = 1024;

  private final ActorCore<S, M> core;
  private final Queue<Object> own = Queues.unboundedMultiproducer().get();
  private final Set<DefaultActor<?, ?>> children = ConcurrentHashMap.newKeySet();
  private final ArrayDeque<Object> stash = new ArrayDeque<>();
  private final ArrayDeque<Object> unstashed = new ArrayDeque<>();
  private final Timers<M> timers;
  private Disposable.Composite pending = Disposables.composite();
  private @Nullable Object inHand;
  private boolean stashed;

  DefaultContext(ActorCore<S, M> core) {
    this.core = core;
    this.timers = new Timers<>(core, this::sendSelf);
  }

  // ---- for the turn ---------------------------------------------------------------------------

  @Nullable Object take() {
    Object mail = unstashed.poll();
    while (mail == null) {
      mail = own.poll();
      if (mail == null) {
        return null;
      }
      if (mail instanceof Timers.Due due) {
        mail = due.take(); // null if its timer was stopped meanwhile
      }
    }
    timers.active();
    return mail;
  }

  /** What is left at the end, whatever it is. */
  @Nullable Object takeAny() {
    Object mail = take();
    return mail != null ? mail : stash.poll();
  }

  boolean hasMail() {
    return !own.isEmpty() || !unstashed.isEmpty();
  }

  /** Whether nothing is under way that the end of this actor would call off. */
  boolean isSettled() {
    return !hasMail() && stash.isEmpty() && children.isEmpty() && pending.size() == 0;
  }

  void inHand(Object mail) {
    inHand = mail;
    stashed = false;
    timers.active();
  }

  /** Answers whether the message in hand was laid aside. */
  boolean handled(Object mail) {
    boolean was = stashed;
    inHand = null;
    stashed = false;
    return was;
  }

  /** Gives up what does not outlive a restart. */
  void release() {
    timers.stopAll();
    pending.dispose();
    pending = Disposables.composite();
  }

  void giveBackStash() {
    unstashAll();
  }

  Mono<Void> stopChildren(int level) {
    return Mono.defer(
        () -> {
          List<Mono<Termination>> ends = new ArrayList<>();
          for (DefaultActor<?, ?> child : children) {
            child.raise(level);
            ends.add(child.terminated());
          }
          return Mono.when(ends);
        });
  }

  private void sendSelf(Object mail) {
    own.add(mail);
    core.wake();
  }

  // ---- for the behaviour ----------------------------------------------------------------------

  @Override
  public StatefulActor<S, M> self() {
    return (DefaultActor<S, M>) core;
  }

  @Override
  public <T, N> StatefulActor<T, N> spawn(ActorBuilder<T, N> child) {
    DefaultActor<T, N> actor = Args.notNull(child, "child").build(child.name(), this);
    children.add(actor);
    return actor.begin();
  }

  @Override
  public Set<Actor<?>> children() {
    return Set.copyOf(children);
  }

  @Override
  public void watch(Actor<?> actor, Function<? super Termination, ? extends M> message) {
    Args.notNull(message, "message");
    pipe(
        Args.notNull(actor, "actor").terminated(),
        (end, error) -> message.apply(Objects.requireNonNull(end)));
  }

  @Override
  public void become(ContextBehavior<S, M> behavior) {
    core.become(Args.notNull(behavior, "behavior"));
  }

  @Override
  public void stop() {
    core.raise(ActorCore.STOPPING_NOW);
  }

  @Override
  public void stash() {
    Object mail = inHand;
    if (mail == null || stashed) {
      throw new IllegalStateException("No message is in hand that could be laid aside");
    }
    if (stash.size() >= STASH) {
      throw new IllegalStateException(STASH + " messages lie aside, which is the limit");
    }
    stash.add(mail);
    stashed = true;
  }

  @Override
  public void unstashAll() {
    while (!stash.isEmpty()) {
      unstashed.addFirst(stash.removeLast());
    }
  }

  @Override
  public void startTimer(Object key, M message, Duration delay) {
    timers.start(key, message, Args.notNegative(delay, "delay"), Timers.Kind.ONCE);
  }

  @Override
  public void startTimerWithFixedDelay(Object key, M message, Duration delay) {
    timers.start(key, message, Args.positive(delay, "delay"), Timers.Kind.FIXED_DELAY);
  }

  @Override
  public void startTimerAtFixedRate(Object key, M message, Duration period) {
    timers.start(key, message, Args.positive(period, "period"), Timers.Kind.FIXED_RATE);
  }

  @Override
  public void startIdleTimer(M message, Duration idle) {
    timers.start(Timers.IDLE, message, Args.positive(idle, "idle"), Timers.Kind.IDLE);
  }

  @Override
  public void stopTimer(Object key) {
    timers.stop(Args.notNull(key, "key"));
  }

  @Override
  public <T> void pipeToSelf(Mono<T> source, Piped<? super T, ? extends M> message) {
    pipe(Args.notNull(source, "source"), Args.notNull(message, "message"));
  }

  private <T> void pipe(Mono<T> source, Piped<? super T, ? extends M> message) {
    Disposable.Composite owner = pending;
    Disposable.Swap running = Disposables.swap();
    owner.add(running);
    running.update(
        source
            .materialize()
            .subscribe(
                signal -> {
                  boolean ignored = owner.remove(running);
                  M made = message.message(signal.get(), signal.getThrowable());
                  sendSelf(Args.notNull(made, "message"));
                }));
  }

  // ---- for its children -----------------------------------------------------------------------

  @Override
  public void deadLetter(DeadLetter letter) {
    Home above = core.home;
    if (above != null) {
      above.deadLetter(letter);
    }
  }

  @Override
  public void event(ActorEvent event) {
    Home above = core.home;
    if (above != null) {
      above.event(event);
    }
  }

  @Override
  public void ended(ActorCore<?, ?> actor) {
    children.remove(actor);
  }

  @Override
  public void escalated(Throwable error) {
    core.order(new ActorCore.Order(error, false));
  }

  @Override
  public void restartOthers(ActorCore<?, ?> actor, Throwable error) {
    for (DefaultActor<?, ?> each : children) {
      if (each != actor) {
        each.order(new ActorCore.Order(error, true));
      }
    }
  }
}
