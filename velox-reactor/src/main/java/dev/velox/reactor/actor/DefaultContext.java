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

  // Made when they are needed, by the owner: most actors need few of them.
  private volatile @Nullable Set<DefaultActor<?, ?>> children;
  private @Nullable ArrayDeque<Object> stash;
  private volatile @Nullable ArrayDeque<Object> unstashed;
  private @Nullable Timers<M> timers;
  private Disposable.@Nullable Composite pending;
  private @Nullable Object inHand;
  private boolean stashed;

  DefaultContext(ActorCore<S, M> core) {
    this.core = core;
  }

  // ---- for the turn ---------------------------------------------------------------------------

  @Nullable Object take() {
    ArrayDeque<Object> again = unstashed;
    Object mail = again == null ? null : again.poll();
    while (mail == null) {
      mail = own.poll();
      if (mail == null) {
        return null;
      }
      if (mail instanceof Timers.Due due) {
        mail = due.take(); // null if its timer was stopped meanwhile
      }
    }
    active();
    return mail;
  }

  private void active() {
    Timers<M> running = timers;
    if (running != null) {
      running.active();
    }
  }

  /** What is left at the end, whatever it is. */
  @Nullable Object takeAny() {
    Object mail = take();
    ArrayDeque<Object> aside = stash;
    return mail != null || aside == null ? mail : aside.poll();
  }

  boolean hasMail() {
    ArrayDeque<Object> again = unstashed;
    return !own.isEmpty() || (again != null && !again.isEmpty());
  }

  /** Whether nothing is under way that the end of this actor would call off. */
  boolean isSettled() {
    ArrayDeque<Object> aside = stash;
    Disposable.Composite piped = pending;
    return !hasMail()
        && living().isEmpty()
        && (aside == null || aside.isEmpty())
        && (piped == null || piped.size() == 0);
  }

  void inHand(Object mail) {
    inHand = mail;
    stashed = false;
    active();
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
    Timers<M> running = timers;
    if (running != null) {
      running.stopAll();
    }
    Disposable.Composite piped = pending;
    if (piped != null) {
      piped.dispose();
      pending = null;
    }
  }

  void giveBackStash() {
    unstashAll();
  }

  Mono<Void> stopChildren(int level) {
    return Mono.defer(
        () -> {
          List<Mono<Termination>> ends = new ArrayList<>();
          for (DefaultActor<?, ?> child : living()) {
            child.raise(level);
            ends.add(child.terminated());
          }
          return Mono.when(ends);
        });
  }

  /** The children that have not ended; not to be added to. */
  private Set<DefaultActor<?, ?>> living() {
    Set<DefaultActor<?, ?>> some = children;
    return some != null ? some : Set.of();
  }

  private Timers<M> timers() {
    Timers<M> running = timers;
    if (running == null) {
      running = new Timers<>(core, this::sendSelf);
      timers = running;
    }
    return running;
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
    Set<DefaultActor<?, ?>> others = children;
    if (others == null) {
      others = ConcurrentHashMap.newKeySet();
      children = others;
    }
    others.add(actor);
    return actor.begin();
  }

  @Override
  public Set<Actor<?>> children() {
    return Set.copyOf(living());
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
    ArrayDeque<Object> aside = stash;
    if (aside == null) {
      aside = new ArrayDeque<>(2);
      stash = aside;
    }
    if (aside.size() >= STASH) {
      throw new IllegalStateException(STASH + " messages lie aside, which is the limit");
    }
    aside.add(mail);
    stashed = true;
  }

  @Override
  public void unstashAll() {
    ArrayDeque<Object> aside = stash;
    if (aside == null || aside.isEmpty()) {
      return;
    }
    ArrayDeque<Object> again = unstashed;
    if (again == null) {
      again = new ArrayDeque<>(aside.size());
      unstashed = again;
    }
    while (!aside.isEmpty()) {
      again.addFirst(aside.removeLast());
    }
  }

  @Override
  public void startTimer(Object key, M message, Duration delay) {
    timers().start(key, message, Args.notNegative(delay, "delay"), Timers.Kind.ONCE);
  }

  @Override
  public void startTimerWithFixedDelay(Object key, M message, Duration delay) {
    timers().start(key, message, Args.positive(delay, "delay"), Timers.Kind.FIXED_DELAY);
  }

  @Override
  public void startTimerAtFixedRate(Object key, M message, Duration period) {
    timers().start(key, message, Args.positive(period, "period"), Timers.Kind.FIXED_RATE);
  }

  @Override
  public void startIdleTimer(M message, Duration idle) {
    timers().start(Timers.IDLE, message, Args.positive(idle, "idle"), Timers.Kind.IDLE);
  }

  @Override
  public void stopTimer(Object key) {
    Args.notNull(key, "key");
    Timers<M> running = timers;
    if (running != null) {
      running.stop(key);
    }
  }

  @Override
  public <T> void pipeToSelf(Mono<T> source, Piped<? super T, ? extends M> message) {
    pipe(Args.notNull(source, "source"), Args.notNull(message, "message"));
  }

  private <T> void pipe(Mono<T> source, Piped<? super T, ? extends M> message) {
    Disposable.Composite owner = pending;
    if (owner == null) {
      owner = Disposables.composite();
      pending = owner;
    }
    pipe(owner, source, message);
  }

  private <T> void pipe(
      Disposable.Composite owner, Mono<T> source, Piped<? super T, ? extends M> message) {
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
    living().remove(actor);
  }

  @Override
  public void escalated(Throwable error) {
    core.order(new ActorCore.Order(error, false));
  }

  @Override
  public void restartOthers(ActorCore<?, ?> actor, Throwable error) {
    for (DefaultActor<?, ?> each : living()) {
      if (each != actor) {
        each.order(new ActorCore.Order(error, true));
      }
    }
  }
}
