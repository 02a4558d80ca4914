package dev.velox.tck.actor;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorBuilder;
import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.ContextBehavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.actor.Supervision;
import dev.velox.reactor.actor.Termination;
import dev.velox.reactor.channel.Channel;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.opentest4j.AssertionFailedError;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Runs a behaviour message by message on the thread of the test, and shows what came of each.
 *
 * <pre>{@code
 * BehaviorTester<Integer, Counter> counter = BehaviorTester.of(0, behavior);
 *
 * assertThat(counter.run(new Increment()).state()).isEqualTo(1);
 * counter.ask(Get::new).expectReply(1);
 * }</pre>
 *
 * <p>What is tested is a real actor, whose turns the tester takes: supervision, stash, timers and
 * the order of messages are those that it has elsewhere. {@link #run} hands it one message; what
 * the actor then sends itself, by {@code send}, a timer, {@code pipeToSelf} or {@code watch}, waits
 * for {@link #runNext} or {@link #runAll}. Its timers, back-offs and ask time-outs pass by {@link
 * #advance} only. What it sends to others comes to them at once: let {@link ActorProbe}s stand in
 * for them. Its children are real, too, and take their turns in the tester's time, between those of
 * their parent; for that the tester sets the scheduler and the timer of their builders.
 *
 * <p>A behaviour that takes its time is waited for, 30 seconds at most: in real time, or in the
 * simulation or the virtual time in which the test is. If it asks an {@code ActorProbe}, the probe
 * needs an {@link ActorProbe#answer}, since the test's thread waits.
 *
 * <p>It is for one thread, which is not one of the non-blocking ones.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public final class BehaviorTester<S, M> {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Object TOKEN = BehaviorTester.class;

  private final Channel<Boolean> news = Channel.conflated();
  private final ManualTime time = ManualTime.create(this::wake);
  private final Turns turns = new Turns();
  private final List<Step<S, M>> steps = new ArrayList<>();
  private final List<Object> tokens = new ArrayList<>();
  private final Actor<Object> parent;
  private final StatefulActor<S, M> actor;
  private volatile @Nullable Termination termination;

  // What is known of the step that is not over.
  private final List<Effect> effects = new ArrayList<>();
  private @Nullable M message;
  private @Nullable Object token;
  private @Nullable Throwable failure;
  private @Nullable AssertionError stuck;
  private S before;
  private boolean begun;
  private boolean restarting;
  private boolean restarted;

  private BehaviorTester(
      S initial, ContextBehavior<S, M> behavior, UnaryOperator<ActorBuilder<S, M>> options) {
    TestClock ignored = TestClock.here();
    this.before = Objects.requireNonNull(initial, "initial must not be null");
    ActorBuilder<S, M> child =
        options
            .apply(Actor.builder(initial, new RecordedBehavior<>(behavior, this)))
            .timer(time.scheduler())
            .scheduler(turns)
            .throughput(1);
    Parent<S, M> guardian = new Parent<>(child);
    this.parent =
        time.drive(Actor.<Integer, Object>builder(0, guardian))
            .supervision(Supervision.stop())
            .build();
    time.run();
    this.actor = Objects.requireNonNull(guardian.actor);
    actor.terminated().subscribe(end -> termination = end);
    begun = true; // the start is a step whatever it does
    while (steps.isEmpty() && takeTurn()) {
      // until it has started, or has failed to
    }
  }

  /** So that a failure can be left to somebody. */
  private static final class Parent<S, M> implements ContextBehavior<Integer, Object> {
    private final ActorBuilder<S, M> child;
    private @Nullable StatefulActor<S, M> actor;

    Parent(ActorBuilder<S, M> child) {
      this.child = child;
    }

    @Override
    public Mono<Integer> onStart(ActorContext<Integer, Object> context, Integer initial) {
      actor = context.spawn(child);
      return Mono.empty();
    }

    @Override
    public Mono<Integer> receive(
        ActorContext<Integer, Object> context, Integer state, Object message) {
      return Mono.empty();
    }
  }

  /**
   * Tests a behaviour.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior the behaviour
   * @return a tester of an actor that has started
   */
  public static <S, M> BehaviorTester<S, M> of(S initial, Behavior<S, M> behavior) {
    return of(initial, behavior, options -> options);
  }

  /**
   * Tests a behaviour of an actor with options.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior the behaviour
   * @param options sets them; scheduler, timer and throughput are the tester's
   * @return a tester of an actor that has started
   */
  public static <S, M> BehaviorTester<S, M> of(
      S initial, Behavior<S, M> behavior, UnaryOperator<ActorBuilder<S, M>> options) {
    Objects.requireNonNull(behavior, "behavior must not be null");
    return new BehaviorTester<>(
        initial, (context, state, message) -> behavior.receive(state, message), options);
  }

  /**
   * Tests a behaviour with a context, whose start has been run.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior the behaviour
   * @return a tester of an actor that has started
   */
  public static <S, M> BehaviorTester<S, M> of(S initial, ContextBehavior<S, M> behavior) {
    return of(initial, behavior, options -> options);
  }

  /**
   * Tests a behaviour with a context, of an actor with options.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior the behaviour
   * @param options sets them; scheduler, timer and throughput are the tester's
   * @return a tester of an actor that has started
   */
  public static <S, M> BehaviorTester<S, M> of(
      S initial, ContextBehavior<S, M> behavior, UnaryOperator<ActorBuilder<S, M>> options) {
    return new BehaviorTester<>(
        initial, Objects.requireNonNull(behavior, "behavior must not be null"), options);
  }

  // ---- what can be done -----------------------------------------------------------------------

  /**
   * Sends the actor a message, and runs it. What the actor has to handle before it, as its own
   * messages, is handled before; {@link #steps()} shows it.
   *
   * @param next the message
   * @return what came of it
   * @throws AssertionError if the actor does not take it, or the behaviour does not end
   */
  public Step<S, M> run(M next) {
    Objects.requireNonNull(next, "next must not be null");
    Ending<Void> sent = new Ending<>(this::wake);
    Step<S, M> step = deliver(sent, actor.send(next));
    Signal<Void> signal = sent.signal();
    if (step == null) {
      throw new AssertionFailedError(
          actor.name() + " did not handle " + next, signal == null ? null : signal.getThrowable());
    }
    return step;
  }

  /**
   * Asks the actor, and runs the question.
   *
   * @param <R> the type of the answer
   * @param question makes the message with the given reply in it
   * @return what the asker gets; {@link #last()} is what came of the message
   */
  public <R> ReplyProbe<R> ask(Function<? super Reply<R>, ? extends M> question) {
    return ask(question, actor::ask);
  }

  /**
   * Asks the actor for an answer within a time, which passes by {@link #advance}.
   *
   * @param <R> the type of the answer
   * @param question makes the message with the given reply in it
   * @param timeout how long the asker waits
   * @return as {@link #ask(Function)}
   */
  public <R> ReplyProbe<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout) {
    return ask(question, recorded -> actor.ask(recorded, timeout));
  }

  private <R> ReplyProbe<R> ask(
      Function<? super Reply<R>, ? extends M> question,
      Function<Function<Reply<R>, M>, Mono<R>> asking) {
    Objects.requireNonNull(question, "question must not be null");
    Ending<R> ending = new Ending<>(this::wake);
    ReplyProbe<R> probe = new ReplyProbe<>(ending);
    Step<S, M> ignored =
        deliver(
            ending,
            asking.apply(
                reply -> {
                  M asked = question.apply(probe.recorded(reply));
                  probe.asks(asked);
                  return asked;
                }));
    return probe;
  }

  /**
   * Runs the next of the messages that wait: those that the actor sent itself, or got from others.
   * If there is none, it waits for one, which may be on its way from another thread.
   *
   * @return what came of it
   * @throws AssertionError if there is none within 30 seconds
   */
  public Step<S, M> runNext() {
    TestClock clock = TestClock.here();
    int seen = steps.size();
    while (steps.size() == seen) {
      if (!takeTurn() && !awaitNews(clock)) {
        throw new AssertionFailedError(actor.name() + " had nothing to handle within " + LIMIT);
      }
    }
    return steps.get(seen);
  }

  /**
   * Runs all messages that wait, and those that they lead to. No time passes.
   *
   * @return what came of them
   */
  public List<Step<S, M>> runAll() {
    TestClock ignored = TestClock.here();
    int seen = steps.size();
    while (takeTurn()) {
      // each is one message at most
    }
    return List.copyOf(steps.subList(seen, steps.size()));
  }

  /**
   * Lets time pass, and runs what becomes due: timers, back-offs, ask time-outs.
   *
   * @param duration how much time
   * @return what came of the messages
   */
  public List<Step<S, M>> advance(Duration duration) {
    Duration end = time.now().plus(TestClock.notNegative(duration, "duration"));
    int seen = steps.size();
    for (; ; ) {
      runAll();
      Duration rest = end.minus(time.now());
      Duration next = time.untilNext().filter(due -> due.compareTo(rest) <= 0).orElse(rest);
      if (next.isZero() && rest.isZero()) {
        return List.copyOf(steps.subList(seen, steps.size()));
      }
      time.advance(next);
    }
  }

  /**
   * That there is nothing to handle now: no message waits.
   *
   * @throws AssertionError if there is; it says what, and has handled it
   */
  public void expectIdle() {
    List<Step<S, M>> handled = runAll();
    if (!handled.isEmpty()) {
      throw new AssertionFailedError(
          actor.name() + " was expected to be idle, but went on: " + handled);
    }
  }

  // ---- what can be seen -----------------------------------------------------------------------

  /**
   * The state now.
   *
   * @return as the last message that succeeded has left it
   */
  public S state() {
    return actor.state();
  }

  /**
   * All that was done, beginning with the start, which has no message.
   *
   * @return the steps, in order
   */
  public List<Step<S, M>> steps() {
    return List.copyOf(steps);
  }

  /**
   * The last of {@link #steps()}.
   *
   * @return what came of the last message
   */
  public Step<S, M> last() {
    return steps.get(steps.size() - 1);
  }

  /**
   * The actor, for what it can do beside: to be sent more, and to be stopped. It takes its turns by
   * this tester alone.
   *
   * @return always the same
   */
  public StatefulActor<S, M> actor() {
    return actor;
  }

  /**
   * Its time, for what {@link #advance} does not do.
   *
   * @return always the same
   */
  public ManualTime time() {
    return time;
  }

  /**
   * How the actor ended.
   *
   * @return its end, or {@code null} while it lives
   */
  public @Nullable Termination termination() {
    return termination;
  }

  // ---- turns ----------------------------------------------------------------------------------

  private void wake() {
    Object ignored = news.trySend(true);
  }

  private boolean awaitNews(TestClock clock) {
    return clock.await(news.receive(LIMIT), LIMIT).hasValue();
  }

  /** Subscribes, and takes turns until the message was handled; {@code null} if it is not. */
  private <T> @Nullable Step<S, M> deliver(Ending<T> ending, Mono<T> sending) {
    TestClock clock = TestClock.here();
    Object own = new Object();
    int seen = steps.size();
    ending.subscribeTo(sending.contextWrite(context -> context.put(TOKEN, own)));
    for (; ; ) {
      int found = tokens.subList(seen, tokens.size()).indexOf(own);
      if (found >= 0) {
        return steps.get(seen + found);
      }
      Signal<T> signal = ending.signal();
      boolean refused = signal != null && signal.hasError();
      if (!takeTurn() && (refused || termination != null || !awaitNews(clock))) {
        return null;
      }
    }
  }

  /**
   * Takes the actor's next turn, in which it handles one message at most, and what follows from a
   * failure or an end. Answers false if there is none now.
   */
  private boolean takeTurn() {
    time.run();
    Runnable turn = turns.poll();
    if (turn == null) {
      return false;
    }
    turn.run();
    if (begun) {
      follow();
      endStep();
    }
    AssertionError thrown = stuck;
    stuck = null;
    if (thrown != null) {
      throw thrown;
    }
    return true;
  }

  /** Takes the turns that a failure or an end takes before the next message. */
  private void follow() {
    time.run();
    while (restarting || (actor.isDisposed() && termination == null)) {
      Runnable turn = turns.poll();
      if (turn != null) {
        turn.run();
      } else if (restarting || !awaitNews(TestClock.here())) {
        break;
      }
      time.run();
    }
  }

  private void endStep() {
    Step.Outcome outcome;
    if (termination != null) {
      boolean left = failure != null && parent.isDisposed();
      outcome = left ? Step.Outcome.ESCALATED : Step.Outcome.STOPPED;
    } else if (restarting) {
      outcome = Step.Outcome.RESTARTING;
    } else if (restarted) {
      outcome = Step.Outcome.RESTARTED;
    } else {
      outcome = failure == null ? Step.Outcome.HANDLED : Step.Outcome.RESUMED;
    }
    steps.add(new Step<>(message, before, actor.state(), effects, failure, outcome));
    tokens.add(Objects.requireNonNullElse(token, this));
    effects.clear();
    message = null;
    token = null;
    failure = null;
    before = actor.state();
    begun = false;
    restarted = false;
  }

  // ---- for the behaviour ----------------------------------------------------------------------

  /** Answers the context that the sender gave. */
  ContextView begins(M next, ContextView view) {
    if (begun) {
      endStep(); // the actor stops, and finishes what it has accepted
    }
    begun = true;
    message = next;
    token = view.getOrDefault(TOKEN, null);
    return Context.of(view).delete(TOKEN);
  }

  void failed(Throwable error) {
    begun = true;
    failure = error;
  }

  void restarts() {
    begun = true;
    restarting = true;
    restarted = false;
  }

  void started() {
    if (restarting) {
      begun = true;
      restarting = false;
      restarted = true;
    }
  }

  /** Waits for a step of the behaviour, in whatever time it is. */
  <T> Signal<T> end(Mono<T> mono) {
    Ending<T> ending = new Ending<>(this::wake);
    ending.subscribeTo(mono);
    TestClock clock = TestClock.here();
    for (Signal<T> signal = ending.signal(); ; signal = ending.signal()) {
      if (signal != null) {
        return signal;
      }
      if (!time.run() && !awaitNews(clock)) {
        ending.cancel();
        stuck =
            new AssertionFailedError(
                actor.name() + " did not end with " + message + " within " + LIMIT);
        return Signal.error(stuck);
      }
    }
  }

  /**
   * The context, writing down what is done with it. By reflection, so that it is passed on even if
   * the context offers more than this kit knows.
   */
  @SuppressWarnings("unchecked") // a proxy of the context is one; what it is given was typed there
  ActorContext<S, M> recorded(ActorContext<S, M> context) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          Object[] given = arguments == null ? new Object[0] : arguments;
          Object[] passed = given.clone();
          if (method.getName().equals("become")) {
            passed[0] = new RecordedBehavior<>((ContextBehavior<S, M>) given[0], this);
          } else if (method.getName().equals("spawn")) {
            passed[0] = time.drive((ActorBuilder<?, ?>) given[0]);
          }
          Object result;
          try {
            result = method.invoke(context, passed);
          } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
          }
          Effect effect = Effects.of(method, given, result);
          if (effect != null) {
            begun = true;
            effects.add(effect);
          }
          return result;
        };
    return (ActorContext<S, M>)
        Proxy.newProxyInstance(
            ActorContext.class.getClassLoader(), new Class<?>[] {ActorContext.class}, handler);
  }

  @Override
  public String toString() {
    return "BehaviorTester(" + actor.name() + ", " + actor.state() + ")";
  }

  /** Where the actor takes its turns: when the tester takes them. */
  private final class Turns implements Scheduler {
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    @Nullable Runnable poll() {
      return waiting.poll();
    }

    @Override
    public Disposable schedule(Runnable task) {
      Runnable turn = Schedulers.onSchedule(task);
      waiting.add(turn);
      wake();
      return () -> waiting.remove(turn);
    }

    @Override
    public Worker createWorker() {
      Disposable.Composite given = Disposables.composite();
      return new Worker() {
        @Override
        public Disposable schedule(Runnable task) {
          Disposable turn = Turns.this.schedule(task);
          given.add(turn);
          return turn;
        }

        @Override
        public void dispose() {
          given.dispose();
        }
      };
    }

    @Override
    public void dispose() {
      // There is no thread to end.
    }
  }
}
