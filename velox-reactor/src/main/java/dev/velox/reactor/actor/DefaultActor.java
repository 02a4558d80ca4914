package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelClosedException;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Discards;
import dev.velox.reactor.internal.HandOver;
import dev.velox.reactor.internal.ThreadLocals;
import dev.velox.reactor.internal.Trampoline;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * An actor. Its mailbox is a channel; everything else is owned by its <i>turn</i>.
 *
 * <p><b>The owner.</b> {@code news} counts what the turn has not seen: a message that came, a
 * behaviour that ended, a wish to stop, a reader of states. Who raises it from zero submits the
 * turn; the turn goes round until it has brought it back to zero, so there is never more than one,
 * nothing is missed, and what it writes the next one sees. It breaks off after a number of messages
 * and submits itself anew, so that other actors get the thread.
 *
 * <p><b>What the turn is at</b> (the turn alone changes it):
 *
 * <pre>
 *   IDLE ------ a message -----------------------&gt; HANDLING --- its Mono ends ---&gt; IDLE
 *    |  \                                            |  failed, restart --&gt; RESTARTING --- after hook and back-off ---&gt; IDLE
 *    |   mailbox drained, or stopNow, kill           |  failed, stop
 *    v                                               v
 *   STOPPING --- after the hook ---&gt; STOPPED      STOPPING
 * </pre>
 *
 * <p>While HANDLING, RESTARTING or STOPPING it waits for a {@code Mono}, whose end is news. A
 * behaviour whose {@code Mono} is a value at hand is done on the spot.
 *
 * <p><b>How it is to end</b> is one word, {@code end}, changed by compare-and-set by whoever wishes
 * so, and only to something more urgent:
 *
 * <pre>
 *   null --stop()--&gt; STOPPED --stopNow()--&gt; STOPPED_NOW --kill()--&gt; KILLED
 *        --------------- a failure that supervision stops for --&gt; FAILED      by the turn
 * </pre>
 *
 * <p><b>Idle</b>, it stands in the line of its mailbox's receivers; what it is handed there, and
 * the mailbox's end, are news. A message that it was handed and does not handle any more, since it
 * was stopped between, goes to the dead letters with the rest.
 */
final class DefaultActor<S, M> implements StatefulActor<S, M>, Runnable {

  private enum At {
    IDLE,
    HANDLING,
    RESTARTING,
    STOPPING,
    STOPPED
  }

  private final Supplier<? extends S> initial;
  private final Behavior<S, M> behavior;
  private final Supervision supervision;
  private final @Nullable String name;
  private final @Nullable Scheduler scheduler;
  private final @Nullable Scheduler timer;
  private final int throughput;
  private final @Nullable MetricsListener metrics;
  private final @Nullable Consumer<? super M> deadLetters;
  private final Mono<Void> preRestart;
  private final Mono<Void> postStop;

  private final Channel<Envelope<M>> mailbox;
  private final AtomicInteger news = new AtomicInteger();
  private final AtomicReference<@Nullable Termination> end = new AtomicReference<>();
  private final AtomicReference<@Nullable Broadcast<S>> readers = new AtomicReference<>();
  private final Sinks.One<Termination> terminated = Sinks.one();

  // Asks of this actor that wait for an answer, and actors that its behaviour waits for.
  private final Set<Ask<?>> asks = ConcurrentHashMap.newKeySet(1);
  private final Set<DefaultActor<?, ?>> waitingFor = ConcurrentHashMap.newKeySet(1);

  // What comes from outside the turn.
  private volatile @Nullable Envelope<M> handed;
  private volatile boolean drained;
  private volatile @Nullable Waited waited;

  // The turn's own.
  private At at = At.IDLE;
  private volatile S state;
  private boolean inLine;
  private @Nullable Broadcast<S> primed;
  private long windowBegan;
  private int restarts;

  DefaultActor(ActorBuilder<S, M> options) {
    this.initial = options.initial;
    this.behavior = options.behavior;
    this.supervision = options.supervision;
    this.name = options.name;
    this.scheduler = options.scheduler;
    this.timer = options.timer;
    this.throughput = options.throughput;
    this.metrics = options.metrics == MetricsListener.noop() ? null : options.metrics;
    this.deadLetters = options.deadLetters;
    this.preRestart = options.preRestart;
    this.postStop = options.postStop;
    this.state = first();
    this.mailbox =
        Channel.<Envelope<M>>builder()
            .capacity(options.mailbox)
            .name(toString())
            .metrics(options.metrics)
            .onDrop(this::dead)
            .build();
    news();
  }

  private S first() {
    return Args.notNull(initial.get(), "initial");
  }

  // ---- senders ----

  @Override
  public Mono<Void> send(M message) {
    Args.notNull(message, "message");
    return Mono.deferContextual(
        context -> put(new Envelope<>(message, Context.of(context), null), Chain.of(context)));
  }

  private Mono<Void> put(Envelope<M> envelope, @Nullable Chain inside) {
    if (inside != null && inside.contains(this)) {
      // Room is made by the behaviour that asks for it, or by one that waits for it.
      return switch (mailbox.trySend(envelope)) {
        case SENT, DROPPED -> Mono.empty();
        case CLOSED -> Mono.error(stopped());
        case FULL -> Mono.error(new MailboxFullException(toString(), mailbox.capacity()));
      };
    }
    return mailbox.send(envelope).onErrorMap(ChannelClosedException.class, closed -> stopped());
  }

  private ActorStoppedException stopped() {
    Termination how = end.get();
    return new ActorStoppedException(toString(), how == null ? null : how.cause());
  }

  @Override
  public TellResult trySend(M message) {
    Args.notNull(message, "message");
    SendResult result = mailbox.trySend(new Envelope<>(message, Context.empty(), null));
    return switch (result) {
      case SENT, DROPPED -> TellResult.ACCEPTED;
      case FULL -> TellResult.FULL;
      case CLOSED -> TellResult.STOPPED;
    };
  }

  @Override
  public Mono<Long> sendAll(Publisher<? extends M> source) {
    Args.notNull(source, "source");
    return Mono.deferContextual(
        context -> {
          Context sender = Context.of(context);
          return mailbox
              .sendAll(Flux.from(source).map(message -> new Envelope<>(message, sender, null)))
              .onErrorMap(ChannelClosedException.class, closed -> stopped());
        });
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> message) {
    Args.notNull(message, "message");
    return Mono.deferContextual(
        context -> {
          Chain inside = Chain.of(context);
          if (inside != null && inside.contains(this)) {
            return Mono.error(new AskDeadlockException(inside.pathFrom(this)));
          }
          Ask<R> ask = new Ask<>(this);
          M made = Args.notNull(message.apply(ask), "message");
          Envelope<M> envelope = new Envelope<>(made, Context.of(context), ask);
          asks.add(ask);
          Mono<R> answer =
              mailbox
                  .send(envelope)
                  .onErrorMap(ChannelClosedException.class, closed -> stopped())
                  .doOnError(refused -> ask.leave())
                  .then(ask.answer())
                  .doOnCancel(ask::leave);
          return inside == null ? answer : inside.actor().waitFor(this, answer);
        });
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> message, Duration timeout) {
    Duration limit = Args.positive(timeout, "timeout");
    Mono<R> ask = ask(message);
    return Mono.defer(() -> ask.timeout(limit, timer()));
  }

  /**
   * The behaviour of this actor waits for another's. Both say so before they look whether the other
   * does, so of two that close a cycle at once at least one sees it.
   */
  private <R> Mono<R> waitFor(DefaultActor<?, ?> other, Mono<R> answer) {
    return Mono.defer(
        () -> {
          waitingFor.add(other);
          if (other.leadsTo(this, ConcurrentHashMap.newKeySet())) {
            waitingFor.remove(other);
            return Mono.error(
                new AskDeadlockException(List.of(toString(), other.toString(), toString())));
          }
          return answer.doFinally(how -> waitingFor.remove(other));
        });
  }

  private boolean leadsTo(DefaultActor<?, ?> goal, Set<DefaultActor<?, ?>> seen) {
    if (this == goal) {
      return true;
    }
    if (!seen.add(this)) {
      return false;
    }
    for (DefaultActor<?, ?> next : waitingFor) {
      if (next.leadsTo(goal, seen)) {
        return true;
      }
    }
    return false;
  }

  void answered(Ask<?> ask) {
    asks.remove(ask);
  }

  // ---- the end ----

  @Override
  public boolean stop() {
    return endAs(new Termination(Reason.STOPPED, null));
  }

  @Override
  public boolean stopNow() {
    return endAs(new Termination(Reason.STOPPED_NOW, null));
  }

  @Override
  public boolean kill() {
    return endAs(new Termination(Reason.KILLED, null));
  }

  private boolean endAs(Termination how) {
    for (; ; ) {
      Termination before = end.get();
      if (before != null && before.reason().compareTo(how.reason()) >= 0) {
        return false;
      }
      if (end.compareAndSet(before, how)) {
        break;
      }
    }
    if (how.reason() == Reason.STOPPED) {
      mailbox.close();
    } else {
      mailbox.cancel();
    }
    if (how.reason() == Reason.KILLED) {
      Waited current = waited;
      if (current != null) {
        current.kill();
      }
    }
    news();
    return true;
  }

  private boolean endsAtOnce() {
    Termination how = end.get();
    return how != null && how.reason() != Reason.STOPPED;
  }

  @Override
  public Mono<Termination> terminated() {
    return Mono.defer(terminated::asMono);
  }

  @Override
  public boolean isStopped() {
    return mailbox.isClosed();
  }

  // ---- who looks ----

  @Override
  public Flux<S> states() {
    return Flux.defer(
        () -> {
          Broadcast<S> hub = readers.get();
          if (hub == null) {
            Broadcast<S> made = Broadcast.<S>builder().replay(1).build();
            hub = readers.compareAndSet(null, made) ? made : readers.get();
          }
          Flux<S> states = Args.notNull(hub, "hub").asFlux(SlowSubscriber.DROP_OLDEST, 1);
          news();
          return states;
        });
  }

  @Override
  public int mailboxSize() {
    return mailbox.size();
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return name;
    }
    if (key == Attr.CAPACITY) {
      return mailbox.capacity();
    }
    if (key == Attr.BUFFERED) {
      return mailbox.size();
    }
    if (key == Attr.TERMINATED) {
      return isStopped();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  @Override
  public String toString() {
    return name == null ? "Actor" : "Actor(" + name + ")";
  }

  // ---- the turn ----

  private void news() {
    if (news.getAndIncrement() == 0) {
      submit();
    }
  }

  private void submit() {
    Scheduler where = scheduler;
    try {
      Disposable ignored = (where == null ? HandOver.scheduler() : where).schedule(this);
    } catch (RejectedExecutionException disposed) {
      // Nobody else will ever run it: better on this thread than never.
      Trampoline.run(this);
    }
  }

  @Override
  public void run() {
    int left = throughput;
    int seen = news.get();
    for (; ; ) {
      while (step()) {
        if (--left == 0) {
          submit();
          return;
        }
      }
      seen = news.addAndGet(-seen);
      if (seen == 0) {
        return;
      }
    }
  }

  /** Does one thing; answers whether there may be another to do at once. */
  private boolean step() {
    prime();
    if (at == At.STOPPING || at == At.STOPPED) {
      buryHanded();
    }
    Waited over = waited;
    if (over != null) {
      if (!over.isOver()) {
        if (at != At.RESTARTING || !endsAtOnce()) {
          return false;
        }
        // Nobody wants it back.
        over.cancel();
        waited = null;
        at = At.IDLE;
        return true;
      }
      waited = null;
      over.go();
      return true;
    }
    if (at != At.IDLE) {
      return false;
    }
    if (endsAtOnce()) {
      finish();
      return true;
    }
    Envelope<M> next = next();
    if (next != null) {
      handle(next);
      return true;
    }
    if (drained) {
      finish();
      return true;
    }
    if (!inLine) {
      inLine = true;
      mailbox.receive().subscribe(new Receiver());
      return handed != null || drained;
    }
    return false;
  }

  private @Nullable Envelope<M> next() {
    if (!inLine) {
      var taken = mailbox.tryReceive();
      return taken.isReceived() ? taken.get() : null;
    }
    Envelope<M> given = handed;
    if (given != null) {
      handed = null;
      inLine = false;
    }
    return given;
  }

  /** Stands in line for one message, or for the end. */
  private final class Receiver extends BaseSubscriber<Envelope<M>> implements Scannable {

    private boolean got;

    @Override
    public Context currentContext() {
      return Context.empty();
    }

    @Override
    protected void hookOnNext(Envelope<M> message) {
      got = true;
      handed = message;
      news();
    }

    @Override
    protected void hookFinally(SignalType how) {
      if (!got) {
        drained = true;
        news();
      }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Scannable declares it
    public @Nullable Object scanUnsafe(Attr key) {
      return key == Attr.ACTUAL ? DefaultActor.this : null;
    }
  }

  private void handle(Envelope<M> envelope) {
    Ask<?> ask = envelope.ask();
    if (ask != null && ask.isOver()) {
      return; // nobody waits for it any more
    }
    Context context = envelope.context().put(Chain.key(), new Chain(this, envelope.asker()));
    Object result;
    ThreadLocals.Restored restored = ThreadLocals.restore(context);
    try {
      Mono<S> next = behavior.handle(state, envelope.message());
      if (next == null) {
        throw new NullPointerException("The behavior returned null");
      }
      result = next instanceof Callable<?> ready ? ready.call() : next;
    } catch (Throwable failure) {
      Exceptions.throwIfFatal(failure);
      failed(envelope, failure);
      return;
    } finally {
      restored.close();
    }
    if (result instanceof Mono<?> pending) {
      at = At.HANDLING;
      await(pending, context, true, turn -> handled(envelope, turn));
    } else {
      succeeded(result);
    }
  }

  private void handled(Envelope<M> envelope, Waited turn) {
    at = At.IDLE;
    Throwable failure = turn.failure;
    if (turn.killed) {
      dead(envelope);
    } else if (failure != null) {
      failed(envelope, failure);
    } else {
      succeeded(turn.value);
    }
  }

  @SuppressWarnings("unchecked") // a behaviour's result is an S
  private void succeeded(@Nullable Object result) {
    tell(Event.SUCCEEDED);
    if (result != null && result != state) {
      state = (S) result;
      Broadcast<S> hub = primed;
      if (hub != null) {
        hub.tryPublish(state);
      }
    }
  }

  private void failed(Envelope<M> envelope, Throwable failure) {
    tell(Event.FAILED);
    Ask<?> ask = envelope.ask();
    if (ask == null || !ask.error(failure)) {
      Operators.onErrorDropped(failure, envelope.context());
    }
    Supervision how = supervision.of(failure);
    switch (how.directive) {
      case RESUME -> {}
      case STOP -> endAs(new Termination(Reason.FAILED, failure));
      case RESTART -> restart(how, failure);
    }
  }

  private void restart(Supervision how, Throwable failure) {
    long now = timer().now(TimeUnit.NANOSECONDS);
    if (restarts == 0 || now - windowBegan >= how.window.toNanos()) {
      windowBegan = now;
      restarts = 0;
    }
    if (++restarts > how.limit) {
      endAs(new Termination(Reason.FAILED, failure));
      return;
    }
    Duration delay = Args.notNegative(how.delay.apply(restarts), "delay");
    Mono<?> rest = delay.isZero() ? Mono.empty() : Mono.delay(delay, timer());
    at = At.RESTARTING;
    await(
        preRestart.onErrorResume(this::hookFailed).then(rest),
        Context.empty(),
        false,
        over -> {
          at = At.IDLE;
          begin();
        });
  }

  private void begin() {
    try {
      succeeded(first());
    } catch (Throwable failure) {
      Exceptions.throwIfFatal(failure);
      Operators.onErrorDropped(failure, Context.empty());
      endAs(new Termination(Reason.FAILED, failure));
    }
  }

  private Mono<Void> hookFailed(Throwable failure) {
    Operators.onErrorDropped(failure, Context.empty());
    return Mono.empty();
  }

  private void finish() {
    at = At.STOPPING;
    buryHanded();
    await(postStop.onErrorResume(this::hookFailed), Context.empty(), false, over -> finished());
  }

  /** A message that the mailbox handed over as the actor ended. */
  private void buryHanded() {
    Envelope<M> left = handed;
    if (left != null) {
      handed = null;
      dead(left);
    }
  }

  private void finished() {
    at = At.STOPPED;
    Termination how = Args.notNull(end.get(), "end");
    asks.forEach(ask -> ask.error(stopped()));
    Broadcast<S> hub = primed;
    if (hub != null) {
      hub.close();
    }
    terminated.tryEmitValue(how);
  }

  /** Shows the state to readers who came since the last time. */
  private void prime() {
    Broadcast<S> hub = readers.get();
    if (hub != null && primed == null) {
      primed = hub;
      hub.tryPublish(state);
      if (at == At.STOPPED) {
        hub.close();
      }
    }
  }

  /** A message that will not be handled. */
  private void dead(Envelope<M> envelope) {
    Ask<?> ask = envelope.ask();
    if (ask != null) {
      ask.error(stopped());
    }
    Discards.<M>discard(envelope.message(), deadLetters, envelope.context());
  }

  // ---- what the turn waits for ----

  private void await(Mono<?> pending, Context context, boolean isBehavior, Consumer<Waited> then) {
    Waited waiting = new Waited(context, isBehavior, then);
    waited = waiting;
    Termination how = end.get();
    if (how != null && how.reason() == Reason.KILLED) {
      waiting.kill();
    }
    pending.subscribe(waiting);
  }

  /**
   * A {@code Mono} that the turn waits for. It is over once, by what comes first of its end and a
   * kill; what it came to is written before, and read by the turn after.
   */
  private final class Waited extends BaseSubscriber<Object> implements Scannable {

    private final Context context;
    private final boolean isBehavior;
    private final Consumer<Waited> then;
    private final AtomicInteger over = new AtomicInteger();
    private @Nullable Object value;
    private @Nullable Throwable failure;
    private boolean killed;

    Waited(Context context, boolean isBehavior, Consumer<Waited> then) {
      this.context = context;
      this.isBehavior = isBehavior;
      this.then = then;
    }

    @Override
    public Context currentContext() {
      return context;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    protected void hookOnNext(Object given) {
      value = given;
    }

    @Override
    protected void hookOnError(Throwable error) {
      if (over.compareAndSet(0, 1)) {
        failure = error;
        tellOver();
      } else {
        Operators.onErrorDropped(error, context);
      }
    }

    @Override
    protected void hookOnComplete() {
      if (over.compareAndSet(0, 1)) {
        tellOver();
      }
    }

    /** Only a behaviour is cancelled; hooks end by themselves. */
    void kill() {
      if (isBehavior && over.compareAndSet(0, 1)) {
        killed = true;
        tellOver();
        cancel();
      }
    }

    private void tellOver() {
      over.set(2);
      news();
    }

    boolean isOver() {
      return over.get() == 2;
    }

    @Override
    @SuppressWarnings("rawtypes") // as Scannable declares it
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return DefaultActor.this;
      }
      return key == Attr.TERMINATED ? isOver() : null;
    }

    void go() {
      then.accept(this);
    }
  }

  private Scheduler timer() {
    Scheduler own = timer;
    return own == null ? Schedulers.parallel() : own;
  }

  private void tell(Event event) {
    MetricsListener listener = metrics;
    if (listener != null) {
      try {
        listener.count(event);
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, Context.empty());
      }
    }
  }
}
