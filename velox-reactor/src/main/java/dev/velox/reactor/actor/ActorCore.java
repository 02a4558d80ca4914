package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.actor.Supervision.Decision;
import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Discards;
import dev.velox.reactor.internal.HandOver;
import dev.velox.reactor.internal.ThreadLocals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.Logger;
import reactor.util.Loggers;
import reactor.util.context.Context;

/**
 * The whole life of an actor, from its first turn to its last. How far its end has come is one
 * word, which only grows:
 *
 * <pre>
 *  LIVING ---&gt; STOPPING (what was accepted) ---&gt; STOPPING_NOW (the message at hand) ---&gt; KILLED
 * </pre>
 *
 * <p>Any thread may raise it. It closes the mailbox after that, calls off what this level calls
 * off, and wakes the actor. A turn writes what it waits for before it reads the level, so of the
 * two one sees the other. The owner then waits for the children, calls {@code postStop}, lets what
 * was accepted and not handled become dead letters, and writes {@code termination}, once: the
 * mailbox is closed and its count is zero, so nothing it accepted comes after that. Its home is
 * told next, and whoever waits for the end last, by {@code toldHome} or the sink: so its name is
 * free then.
 */
abstract class ActorCore<S, M> extends Turns implements Address<M>, Mailbox.Owner {

  static final int LIVING = 0;
  static final int STOPPING = 1;
  static final int STOPPING_NOW = 2;
  static final int KILLED = 3;
  static final int NEVER = 4;

  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final Logger LOG = Loggers.getLogger(Actor.class);
  private static final VarHandle LEVEL;
  private static final VarHandle ENDING;
  private static final VarHandle ORDERS;
  private static final VarHandle WATCHERS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LEVEL = lookup.findVarHandle(ActorCore.class, "level", int.class);
      ENDING = lookup.findVarHandle(ActorCore.class, "ending", Sinks.One.class);
      ORDERS = lookup.findVarHandle(ActorCore.class, "orders", Queue.class);
      WATCHERS = lookup.findVarHandle(ActorCore.class, "watchers", StatesFlux.Watching[].class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /**
   * What was decided elsewhere: by a child that leaves the decision to this actor, or by a sibling
   * whose supervision restarts all.
   */
  record Order(Throwable error, boolean isRestart) {}

  @Nullable Home home;
  private final @Nullable String name;
  private final S initial;
  private final Object first;
  private final Mailbox mailbox;
  private final Mailbox.Outlet outlet;
  private final @Nullable ActorMetrics metrics;
  private final long number = NUMBERS.incrementAndGet();

  private volatile int level;
  private volatile S state;
  private volatile @Nullable Termination termination;
  private volatile boolean toldHome;
  private volatile Sinks.@Nullable One<Termination> ending;
  private volatile @Nullable Queue<Order> orders;
  private volatile StatesFlux.Watching<?> @Nullable [] watchers;

  // Touched by the owner alone.
  private Object behavior;
  private final @Nullable DefaultContext<S, M> inside;
  private @Nullable Unanswered open;
  private @Nullable Restarts restarts;
  private volatile @Nullable Throwable failure;
  private boolean started;
  private boolean again;
  private boolean over;

  ActorCore(Settings settings, @Nullable String name, S initial, Object behavior, boolean isHeld) {
    super(settings, isHeld);
    this.name = name;
    this.initial = initial;
    this.state = initial;
    this.first = behavior;
    this.behavior = behavior;
    this.mailbox = new Mailbox(this, settings.capacity(), settings.overflow(), settings.priority());
    this.outlet = mailbox.outlet();
    this.metrics = ActorMetrics.of(this, settings.metrics());
    this.inside = behavior instanceof ContextBehavior ? new DefaultContext<>(this) : null;
  }

  // ---- turns ----------------------------------------------------------------------------------

  @Override
  final boolean step() {
    DefaultContext<S, M> context = inside;
    if (termination != null) {
      Object late = context == null ? null : context.takeAny(); // a timer's, or what was piped
      if (late == null) {
        return rest();
      }
      discard(late);
      return false;
    }
    Order ordered = takeOrder();
    if (ordered != null && started) {
      return decide(ordered.error, ordered.isRestart);
    }
    if (over) {
      return leave();
    }
    int seen = level;
    if (seen >= STOPPING_NOW || (seen == STOPPING && started && hasTakenAll())) {
      return end();
    }
    if (!started) {
      return start();
    }
    Object mail = context == null ? null : context.take();
    if (mail == null) {
      mail = outlet.take();
    }
    return mail == null ? rest() : handle(mail);
  }

  @Override
  final boolean hasWork() {
    DefaultContext<S, M> context = inside;
    if (outlet.hasMail() || (context != null && context.hasMail())) {
      return true;
    }
    if (termination != null) {
      return false;
    }
    if (hasOrder()) {
      return true;
    }
    int seen = level;
    return over ? mailbox.isEmpty() : seen >= STOPPING_NOW || (seen == STOPPING && hasTakenAll());
  }

  /** Whether nothing is under way; for its owner. */
  final boolean isSettled() {
    DefaultContext<S, M> context = inside;
    Unanswered asks = open;
    return level == LIVING
        && started
        && !hasOrder()
        && (context == null || context.isSettled())
        && (asks == null || asks.isEmpty());
  }

  private boolean hasTakenAll() {
    DefaultContext<S, M> context = inside;
    return mailbox.isClosed()
        && mailbox.isEmpty()
        && !hasOrder()
        && (context == null || !context.hasMail());
  }

  // ---- messages -------------------------------------------------------------------------------

  final SendResult offer(Object mail) {
    SendResult result = mailbox.offer(mail);
    if (result == SendResult.SENT) {
      return result;
    }
    HandOver.makeWay(); // the sender may try until there is room, on the thread of this one's turn
    if (result == SendResult.DROPPED && Mail.ask(mail) == null) {
      discard(mail);
    }
    return result;
  }

  @Override
  public final Object accepted(Object mail) {
    ActorMetrics told = metrics;
    return told == null ? mail : told.accepted(mail);
  }

  final void count(MetricsListener.Event event) {
    ActorMetrics told = metrics;
    if (told != null) {
      told.count(event);
    }
  }

  @SuppressWarnings("unchecked") // what the mailbox holds was typed when it came in
  private boolean handle(Object mail) {
    HandOver.makeWay();
    Asked ask = Mail.ask(mail);
    if (ask != null && ask.isDone()) {
      count(MetricsListener.Event.CANCELLED);
      return false; // nobody waits for it any more
    }
    ActorMetrics told = metrics;
    if (told != null) {
      told.begun(mail);
    }
    Context context = Mail.context(mail);
    Object value;
    ThreadLocals.Restored threadLocals = ThreadLocals.adopt(context);
    try {
      M message = (M) Mail.message(mail);
      if (behavior instanceof SyncBehavior<?, ?> sync) {
        value = ((SyncBehavior<S, M>) sync).function().apply(state, message);
      } else {
        Mono<S> result = receive(mail, message);
        if (!(result instanceof Callable<?> callable)) {
          return await(
              result,
              Chain.enter(this, context),
              KILLED,
              (changed, error) -> handled(mail, changed, error));
        }
        value = callable.call();
      }
    } catch (Throwable error) {
      return handled(mail, null, error);
    } finally {
      threadLocals.close();
    }
    return handled(mail, value, null);
  }

  @SuppressWarnings("unchecked") // the behaviour was typed when the actor was made
  private Mono<S> receive(Object mail, M message) {
    DefaultContext<S, M> context = inside;
    Mono<S> result;
    if (context == null) {
      result = ((Behavior<S, M>) behavior).receive(state, message);
    } else {
      context.inHand(mail);
      result = ((ContextBehavior<S, M>) behavior).receive(context, state, message);
    }
    return Objects.requireNonNull(result, "The behaviour returned null instead of a Mono");
  }

  private boolean handled(Object mail, @Nullable Object value, @Nullable Throwable error) {
    Asked ask = Mail.ask(mail);
    boolean isStashed = inside != null && inside.handled(mail);
    if (error instanceof Handling.Aborted) {
      discard(mail);
      return false;
    }
    ActorMetrics told = metrics;
    if (told != null) {
      told.ended(error != null);
    }
    if (error != null) {
      return failed(ask, error);
    }
    if (value != null) {
      commit(value);
    }
    if (ask != null && !isStashed && !ask.isDone()) {
      Unanswered asks = open;
      if (asks == null) {
        asks = new Unanswered();
        open = asks;
      }
      asks.add(ask);
    }
    return false;
  }

  @SuppressWarnings("unchecked") // only what the behaviour returned comes here
  private void commit(Object value) {
    if (value != state) {
      state = (S) value;
      tellWatchers();
    }
  }

  /** Somebody's accepted message that nobody will handle. */
  @Override
  public final void discard(Object mail) {
    Asked ask = Mail.ask(mail);
    if (ask != null) {
      if (ask.isDone()) {
        return;
      }
      boolean ignored =
          ask.end(
              mailbox.isClosed()
                  ? stopped()
                  : new MailboxFullException(name(), mailbox.capacity(), false));
    }
    count(MetricsListener.Event.DROPPED);
    Object message = Mail.message(mail);
    DeadLetter letter = new DeadLetter(name(), message);
    Home above = home;
    if (above != null) {
      above.deadLetter(letter);
    }
    Consumer<? super DeadLetter> listener = settings.onDeadLetter();
    Discards.discard(
        message, listener == null ? null : each -> listener.accept(letter), Mail.context(mail));
  }

  // ---- failures -------------------------------------------------------------------------------

  private boolean failed(@Nullable Asked ask, Throwable error) {
    Exceptions.throwIfJvmFatal(error);
    event(ActorEvent.Type.FAILED, error);
    if (ask == null || !ask.end(error)) {
      LOG.warn(name() + " failed", error);
    }
    return decide(error, false);
  }

  private boolean decide(Throwable error, boolean isOrdered) {
    Supervision supervision = settings.supervision().decide(error);
    Decision decision = isOrdered ? Decision.RESTART : supervision.decision;
    Home above = home;
    if (decision == Decision.RESUME && started) {
      return false;
    }
    if (decision == Decision.RESTART) {
      Restarts counted = restarts;
      if (counted == null) {
        counted = new Restarts();
        restarts = counted;
      }
      long delay = isOrdered ? 0 : counted.next(supervision, error, timer());
      if (delay >= 0) {
        if (supervision.allForOne && !isOrdered && above != null) {
          above.restartOthers(this, error);
        }
        return restart(error, delay);
      }
    }
    failure = error;
    raise(STOPPING_NOW);
    if (decision == Decision.ESCALATE && above != null) {
      above.escalated(error);
    }
    return false;
  }

  private boolean restart(Throwable error, long delay) {
    DefaultContext<S, M> context = inside;
    if (context == null) {
      return pause(delay);
    }
    context.release();
    Mono<?> before =
        hook(() -> contextBehavior().preRestart(context, state, error))
            .then(context.stopChildren(STOPPING_NOW));
    return await(before, own(), KILLED, (ignored, aborted) -> pause(delay));
  }

  private boolean pause(long delay) {
    if (delay == 0) {
      return beginAgain();
    }
    Mono<?> pause = Mono.delay(Duration.ofNanos(delay), timer());
    return await(pause, Context.empty(), STOPPING, (ignored, aborted) -> beginAgain());
  }

  private boolean beginAgain() {
    behavior = first;
    again = true;
    commit(initial);
    started = false;
    return false;
  }

  // ---- life -----------------------------------------------------------------------------------

  private boolean start() {
    HandOver.makeWay();
    DefaultContext<S, M> context = inside;
    if (context == null) {
      return ready();
    }
    return await(
        Mono.defer(() -> contextBehavior().onStart(context, initial)),
        own(),
        KILLED,
        (value, error) -> {
          if (error instanceof Handling.Aborted) {
            return false;
          }
          if (error != null) {
            return failed(null, error);
          }
          if (value != null) {
            commit(value);
          }
          return ready();
        });
  }

  private boolean ready() {
    started = true;
    event(again ? ActorEvent.Type.RESTARTED : ActorEvent.Type.STARTED, null);
    if (inside != null) {
      inside.giveBackStash();
    }
    return false;
  }

  private boolean end() {
    HandOver.makeWay();
    mailbox.close();
    DefaultContext<S, M> context = inside;
    if (context == null) {
      over = true;
      return false;
    }
    context.release();
    return endChildren(context);
  }

  private boolean endChildren(DefaultContext<S, M> context) {
    int seen = level;
    // If it rises meanwhile, it rises for the children, too.
    return await(
        context.stopChildren(seen),
        own(),
        seen + 1,
        (value, error) ->
            error instanceof Handling.Aborted
                ? endChildren(context)
                : awaitAfterAll(
                    hook(() -> contextBehavior().postStop(context, state)),
                    own(),
                    KILLED,
                    (none, failed) -> {
                      over = true;
                      return false;
                    }));
  }

  /**
   * Discards what is left, and has ended once nothing is: a message that was counted in and does
   * not lie in the mailbox yet will wake the actor when it does.
   */
  private boolean leave() {
    DefaultContext<S, M> context = inside;
    for (Object mail = context == null ? null : context.takeAny();
        mail != null;
        mail = context == null ? null : context.takeAny()) {
      discard(mail);
    }
    for (Object mail = outlet.take(); mail != null; mail = outlet.take()) {
      discard(mail);
    }
    if (!mailbox.isEmpty()) {
      return rest();
    }
    ended();
    return false;
  }

  private void ended() {
    Throwable cause = failure;
    Reason reason =
        level == KILLED ? Reason.KILLED : cause != null ? Reason.FAILED : Reason.STOPPED;
    Termination last = new Termination(name(), reason, cause);
    termination = last;
    Unanswered asks = open;
    open = null;
    if (asks != null) {
      asks.failAll(stopped());
    }
    tellWatchers();
    watchers = null;
    event(ActorEvent.Type.TERMINATED, cause);
    Home above = home;
    if (above != null) {
      above.ended(this);
    }
    // Whoever hears of the end finds its name free; of the flag and the sink, one is seen.
    toldHome = true;
    Sinks.One<Termination> sink = ending;
    if (sink != null) {
      Sinks.EmitResult ignored = sink.tryEmitValue(last);
    }
  }

  /** Lets it follow a decision that was made elsewhere, from any thread. */
  final void order(Order order) {
    Queue<Order> queue = orders;
    if (queue == null) {
      queue = new ConcurrentLinkedQueue<>();
      if (!ORDERS.compareAndSet(this, null, queue)) {
        queue = Objects.requireNonNull(orders);
      }
    }
    queue.add(order);
    wake();
  }

  private @Nullable Order takeOrder() {
    Queue<Order> queue = orders;
    return queue == null ? null : queue.poll();
  }

  private boolean hasOrder() {
    Queue<Order> queue = orders;
    return queue != null && !queue.isEmpty();
  }

  /** Raises the level of its end, from any thread. */
  final void raise(int to) {
    for (int seen = level; seen < to; seen = level) {
      if (LEVEL.compareAndSet(this, seen, to)) {
        mailbox.close();
        abort(to);
        wake();
        return;
      }
    }
  }

  /** The context of the steps of its life: what they ask is asked by this actor, for nobody. */
  private Context own() {
    return Chain.enter(this, Context.empty());
  }

  @SuppressWarnings("unchecked") // an actor with a context has a behaviour with one
  private ContextBehavior<S, M> contextBehavior() {
    return (ContextBehavior<S, M>) behavior;
  }

  final void become(ContextBehavior<S, M> next) {
    behavior = next;
  }

  /** A step of its life that can't stop it; what fails is told. */
  private Mono<Void> hook(Supplier<Mono<Void>> step) {
    return Mono.defer(step)
        .onErrorResume(
            error -> {
              Operators.onErrorDropped(error, Context.empty());
              return Mono.empty();
            });
  }

  /** Whether its start is more than to wait for a message. */
  final boolean hasStart() {
    return inside != null || home != null || settings.onEvent() != null;
  }

  final void event(ActorEvent.Type type, @Nullable Throwable cause) {
    Consumer<? super ActorEvent> listener = settings.onEvent();
    Home above = home;
    if (listener == null && above == null) {
      return;
    }
    ActorEvent event = new ActorEvent(name(), type, cause);
    if (above != null) {
      above.event(event);
    }
    if (listener != null) {
      try {
        listener.accept(event);
      } catch (Throwable thrown) {
        Operators.onErrorDropped(thrown, Context.empty());
      }
    }
  }

  // ---- what others see ------------------------------------------------------------------------

  final String nameOrNumber() {
    return name != null ? name : "actor-" + number;
  }

  @Override
  public final ActorCore<?, M> core() {
    return this;
  }

  /** What two cores have in common that are one actor for a chain of asks. */
  Object identity() {
    return this;
  }

  /**
   * Who takes messages that this one takes no more, if somebody does.
   *
   * @throws RuntimeException if nobody can
   */
  @Nullable ActorCore<?, M> successor() {
    return null;
  }

  /** Whether it ended because it had nothing to do. */
  boolean hasIdledOut() {
    return false;
  }

  public final S state() {
    return state;
  }

  final Mailbox mailbox() {
    return mailbox;
  }

  final int capacity() {
    return mailbox.capacity();
  }

  @Override
  final int level() {
    return level;
  }

  final boolean isTerminated() {
    return termination != null;
  }

  final Scheduler timer() {
    Scheduler chosen = settings.timer();
    return chosen != null ? chosen : Schedulers.parallel();
  }

  final ActorStoppedException stopped() {
    return new ActorStoppedException(name(), failure);
  }

  final Mono<Termination> onTermination() {
    Sinks.One<Termination> sink = ending;
    if (sink == null) {
      sink = Sinks.one();
      if (!ENDING.compareAndSet(this, null, sink)) {
        sink = Objects.requireNonNull(ending);
      }
    }
    // Read after the sink was hung up, so that one of the two is seen.
    return toldHome ? Mono.just(Objects.requireNonNull(termination)) : sink.asMono();
  }

  final void watchStates(StatesFlux.Watching<S> watcher) {
    for (; ; ) {
      StatesFlux.Watching<?> @Nullable [] seen = watchers;
      int length = seen == null ? 0 : seen.length;
      StatesFlux.Watching<?>[] more = new StatesFlux.Watching<?>[length + 1];
      if (seen != null) {
        System.arraycopy(seen, 0, more, 0, length);
      }
      more[length] = watcher;
      if (termination != null || WATCHERS.compareAndSet(this, seen, more)) {
        return;
      }
    }
  }

  final void unwatchStates(StatesFlux.Watching<S> watcher) {
    for (; ; ) {
      StatesFlux.Watching<?> @Nullable [] seen = watchers;
      if (seen == null) {
        return;
      }
      StatesFlux.Watching<?>[] fewer =
          Arrays.stream(seen)
              .filter(each -> each != watcher)
              .toArray(StatesFlux.Watching<?>[]::new);
      if (fewer.length == seen.length || WATCHERS.compareAndSet(this, seen, fewer)) {
        return;
      }
    }
  }

  private void tellWatchers() {
    StatesFlux.Watching<?> @Nullable [] seen = watchers;
    if (seen != null) {
      for (StatesFlux.Watching<?> each : seen) {
        each.drain();
      }
    }
  }
}
