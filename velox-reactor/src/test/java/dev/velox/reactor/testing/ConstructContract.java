package dev.velox.reactor.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.Context;

/**
 * The table of contracts, run over the operations of one construct. A construct's test extends this
 * and names its operations; what it says here is checked in the same way for all constructs.
 * BlockHound watches, as in every test.
 */
public abstract class ConstructContract {

  private static final int RACES = 2_000;
  private static final int MANY = 50_000;

  private final Map<String, Supplier<Waiting>> waiting = new LinkedHashMap<>();
  private final Map<String, Supplier<? extends Publisher<?>>> publishers = new LinkedHashMap<>();
  private final List<DynamicTest> arguments = new ArrayList<>();

  /** Registers what is to be checked, by the three methods below. */
  protected abstract void construct();

  /** An operation that waits. */
  protected final void waiting(String name, Supplier<Waiting> construct) {
    waiting.put(name, construct);
  }

  /**
   * A publisher of any kind: to be scannable, assembled under hooks, and refuse nothing but null.
   */
  protected final void publisher(String name, Supplier<? extends Publisher<?>> publisher) {
    publishers.put(name, publisher);
  }

  /** A call that must fail at once, with a message that names the argument and its value. */
  protected final void badArgument(
      String what, Class<? extends Throwable> error, ThrowingCallable call, String... told) {
    arguments.add(
        dynamicTest(
            what,
            () -> assertThatThrownBy(call).isInstanceOf(error).hasMessageContainingAll(told)));
  }

  @TestFactory
  Stream<DynamicNode> contracts() {
    construct();
    assertThat(waiting.size() + publishers.size() + arguments.size()).isPositive();
    List<DynamicNode> nodes = new ArrayList<>();
    LeftBehind left = new LeftBehind(waiting.values());
    waiting.forEach((name, construct) -> nodes.add(dynamicContainer(name, table(construct, left))));
    publishers.forEach(
        (name, publisher) -> nodes.add(dynamicContainer(name, publisherTable(publisher))));
    if (!arguments.isEmpty()) {
      nodes.add(dynamicContainer("9 bad arguments fail at the call", arguments));
    }
    return nodes.stream();
  }

  private static Stream<DynamicNode> table(Supplier<Waiting> construct, LeftBehind left) {
    return Stream.concat(
        Stream.of(
            check("1 lazy: nothing happens at assembly", construct, ConstructContract::lazy),
            check("1 lazy: subscriptions are independent", construct, ConstructContract::twice),
            check("2 never blocks: on a parallel thread", construct, ConstructContract::parallel),
            check("3 cancelled, it takes nothing", construct, ConstructContract::cancelled),
            check("3 cancelled inside onSubscribe", construct, ConstructContract::cancelledAtOnce),
            check("3 cancelled twice is cancelled once", construct, ConstructContract::cancelTwice),
            check("3 cancelled in the middle of others", construct, ConstructContract::middle),
            test("3 cancelled, it lets go of its subscriber", () -> left.expectGone(construct)),
            test("3 of cancel and release one wins", () -> cancelRace(construct)),
            test("3 of two releases each serves one", () -> releaseRace(construct)),
            test("3 of two cancels each leaves", () -> cancelsRace(construct)),
            check("5 first come, first served", construct, ConstructContract::order),
            check("6 many are released in constant stack", construct, ConstructContract::many),
            check("7 released inside a signal", construct, ConstructContract::reentrant),
            check("13 its subscription is scannable", construct, ConstructContract::scannable)),
        publisherTable(() -> construct.get().operation()));
  }

  private static Stream<DynamicNode> publisherTable(Supplier<? extends Publisher<?>> publisher) {
    return Stream.of(
        test("13 scannable", () -> publisherScannable(publisher.get())),
        test("13 assembled through Reactor's hooks", () -> assembled(publisher)),
        test("extends Flux or Mono", () -> isReactors(publisher.get())));
  }

  private static DynamicNode check(String contract, Supplier<Waiting> construct, Check check) {
    return test(contract, () -> check.on(construct.get()));
  }

  private static DynamicNode test(String contract, Executable executable) {
    return dynamicTest(contract, executable);
  }

  /** What a contract asks of a fresh construct. */
  private interface Check {
    void on(Waiting construct) throws Exception;
  }

  private static void lazy(Waiting construct) {
    Publisher<?> first = construct.operation();
    Publisher<?> second = construct.operation();
    assertThat(construct.waiting()).isZero();
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
  }

  private static void twice(Waiting construct) {
    Publisher<?> operation = construct.operation();
    Probe first = Probe.subscribe(operation);
    Probe second = Probe.subscribe(operation);
    assertThat(construct.waiting()).isEqualTo(2);

    first.cancel();
    construct.release();

    assertThat(first.served()).isFalse();
    assertThat(second.served()).isTrue();
  }

  private static void parallel(Waiting construct) {
    Mono<Boolean> onParallelThread =
        Mono.fromCallable(
                () -> {
                  Probe served = Probe.subscribe(construct.operation());
                  Probe left = Probe.subscribe(construct.operation());
                  construct.release();
                  left.cancel();
                  return served.served() && !left.served();
                })
            .subscribeOn(Schedulers.parallel());
    assertThat(onParallelThread.block()).isTrue();
  }

  private static void cancelled(Waiting construct) {
    Probe probe = Probe.subscribe(construct.operation());
    assertThat(construct.waiting()).isEqualTo(1);

    probe.cancel();
    assertThat(construct.waiting()).isZero();
    construct.release();

    assertThat(probe.served()).isFalse();
    assertThat(construct.isUntouched()).isTrue();
  }

  private static void cancelledAtOnce(Waiting construct) {
    Probe probe = new Probe(true);
    construct.operation().subscribe(probe);
    assertThat(construct.waiting()).isZero();
    construct.release();

    assertThat(probe.served()).isFalse();
    assertThat(construct.isUntouched()).isTrue();
  }

  private static void cancelTwice(Waiting construct) {
    Probe probe = Probe.subscribe(construct.operation());
    Probe other = Probe.subscribe(construct.operation());

    probe.cancel();
    probe.cancel();

    assertThat(construct.waiting()).isEqualTo(1);
    other.cancel();
    assertThat(construct.waiting()).isZero();
  }

  private static void middle(Waiting construct) {
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      probes.add(Probe.subscribe(construct.operation()));
    }
    for (int i = 1; i < 99; i++) {
      probes.get(i).cancel();
    }
    assertThat(construct.waiting()).isEqualTo(2);

    construct.release();
    assertThat(probes.get(0).served()).isTrue();
    probes.get(0).finish();
    if (!probes.get(99).served()) {
      construct.release();
    }

    assertThat(probes.get(99).served()).isTrue();
    assertThat(probes.subList(1, 99)).noneMatch(Probe::served);
  }

  /**
   * Of each operation a construct, and a subscriber that waited there and cancelled. One garbage
   * collection serves them all, since it takes longer than the rest of a table.
   */
  private static final class LeftBehind {

    private record Left(Waiting construct, WeakReference<Probe> subscriber) {}

    private final Collection<Supplier<Waiting>> constructs;
    private final Map<Supplier<Waiting>, Left> left = new LinkedHashMap<>();

    LeftBehind(Collection<Supplier<Waiting>> constructs) {
      this.constructs = constructs;
    }

    void expectGone(Supplier<Waiting> construct) {
      if (left.size() < constructs.size()) {
        constructs.forEach(each -> left.put(each, subscribeAndCancel(each.get())));
        // A loop on the condition itself: a collection is asked for until it has happened.
        for (int i = 0; i < 50 && left.values().stream().anyMatch(LeftBehind::isThere); i++) {
          System.gc();
          Mono.delay(Duration.ofMillis(10)).block();
        }
      }
      Left one = left.get(construct);
      assertThat(one.subscriber.get()).isNull();
      assertThat(one.construct.waiting()).isZero();
    }

    private static boolean isThere(Left left) {
      return left.subscriber.get() != null;
    }

    private static Left subscribeAndCancel(Waiting construct) {
      Probe probe = Probe.subscribe(construct.operation());
      Subscription subscription = probe.subscription();
      probe.forget();
      subscription.cancel();
      return new Left(construct, new WeakReference<>(probe));
    }
  }

  private static void cancelRace(Supplier<Waiting> constructs) {
    for (int i = 0; i < RACES; i++) {
      Waiting construct = constructs.get();
      Probe probe = Probe.subscribe(construct.operation());

      RaceTestUtils.race(probe::cancel, construct::release);

      assertThat(construct.waiting()).isZero();
      if (!probe.served() && !construct.isGrantFinal()) {
        assertThat(construct.isUntouched()).as("what a cancelled waiter was offered").isTrue();
      }
    }
  }

  private static void releaseRace(Supplier<Waiting> constructs) {
    for (int i = 0; i < RACES; i++) {
      Waiting construct = constructs.get();
      Probe first = Probe.subscribe(construct.operation());
      Probe second = Probe.subscribe(construct.operation());

      RaceTestUtils.race(construct::release, construct::release);
      // What one released may have had to be passed on by the first one served.
      first.finish();
      second.finish();

      assertThat(first.served()).isTrue();
      assertThat(second.served()).isTrue();
      assertThat(construct.waiting()).isZero();
    }
  }

  private static void cancelsRace(Supplier<Waiting> constructs) {
    for (int i = 0; i < RACES; i++) {
      Waiting construct = constructs.get();
      Probe first = Probe.subscribe(construct.operation());
      Probe second = Probe.subscribe(construct.operation());

      RaceTestUtils.race(first::cancel, second::cancel);
      assertThat(construct.waiting()).isZero();
      construct.release();

      assertThat(construct.isUntouched()).isTrue();
    }
  }

  private static void order(Waiting construct) {
    List<Integer> served = new ArrayList<>();
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      probes.add(Probe.subscribe(construct.operation(), () -> served.add(number)));
    }
    for (int i = 0; i < 20; i++) {
      if (served.size() <= i) {
        construct.release();
      }
      probes.get(i).finish();
    }
    assertThat(served).isSorted().hasSize(20);
  }

  private static void many(Waiting construct) {
    AtomicInteger served = new AtomicInteger();
    // Each one served lets the next one in from inside its signal: a chain as long as the line.
    for (int i = 0; i < MANY; i++) {
      Probe.subscribe(
          construct.operation(),
          () -> {
            if (served.incrementAndGet() < MANY) {
              construct.release();
            }
          });
    }
    construct.release();
    assertThat(served).hasValue(MANY);
  }

  private static void reentrant(Waiting construct) {
    AtomicReference<Probe> inner = new AtomicReference<>();
    Probe outer =
        Probe.subscribe(
            construct.operation(),
            () -> {
              inner.set(Probe.subscribe(construct.operation()));
              construct.release();
            });
    construct.release();
    assertThat(outer.served()).isTrue();
    assertThat(inner.get().served()).isTrue();
  }

  private static void scannable(Waiting construct) {
    Probe probe = Probe.subscribe(construct.operation());
    Scannable scannable = Scannable.from(probe.subscription());
    assertThat(scannable.isScanAvailable()).as("subscription is scannable").isTrue();
    assertThat(scannable.scan(Scannable.Attr.ACTUAL)).as("ACTUAL").isNotNull();
    assertThat(scannable.scan(Scannable.Attr.RUN_STYLE)).as("RUN_STYLE").isNotNull();
    assertThat(scannable.scanOrDefault(Scannable.Attr.CANCELLED, false)).isFalse();

    probe.cancel();
    assertThat(scannable.scanOrDefault(Scannable.Attr.CANCELLED, false)).isTrue();
  }

  private static void publisherScannable(Publisher<?> publisher) {
    assertThat(Scannable.from(publisher).isScanAvailable()).isTrue();
  }

  private static void isReactors(Publisher<?> publisher) {
    assertThat(publisher instanceof Flux || publisher instanceof Mono).isTrue();
  }

  private static void assembled(Supplier<? extends Publisher<?>> publisher) {
    AtomicInteger assembled = new AtomicInteger();
    Hooks.onEachOperator(
        "contract",
        each -> {
          assembled.incrementAndGet();
          return each;
        });
    try {
      assertThat(publisher.get()).isNotNull();
    } finally {
      Hooks.resetOnEachOperator("contract");
    }
    assertThat(assembled.get()).isPositive();
  }

  /**
   * A subscriber that notes whether it was served: got a value, or completed. Some operations hold
   * what they were granted until their subscriber ends them, which {@link #finish()} does.
   */
  private static final class Probe extends BaseSubscriber<Object> {

    private final boolean cancelAtOnce;
    private final Runnable onServed;
    private final AtomicInteger servings = new AtomicInteger();
    private volatile Subscription subscription;

    Probe(boolean cancelAtOnce) {
      this(cancelAtOnce, () -> {});
    }

    private Probe(boolean cancelAtOnce, Runnable onServed) {
      this.cancelAtOnce = cancelAtOnce;
      this.onServed = onServed;
    }

    static Probe subscribe(Publisher<?> operation) {
      return subscribe(operation, () -> {});
    }

    static Probe subscribe(Publisher<?> operation, Runnable onServed) {
      Probe probe = new Probe(false, onServed);
      operation.subscribe((CoreSubscriber<Object>) probe);
      return probe;
    }

    Subscription subscription() {
      return subscription;
    }

    boolean served() {
      return servings.get() > 0;
    }

    void finish() {
      cancel();
    }

    void forget() {
      subscription = null;
    }

    @Override
    public Context currentContext() {
      return Context.empty();
    }

    @Override
    protected void hookOnSubscribe(Subscription given) {
      subscription = given;
      if (cancelAtOnce) {
        given.cancel();
      } else {
        given.request(1);
      }
    }

    @Override
    protected void hookOnNext(Object value) {
      if (servings.incrementAndGet() == 1) {
        onServed.run();
      }
    }

    @Override
    protected void hookFinally(SignalType type) {
      if (type == SignalType.ON_COMPLETE && servings.compareAndSet(0, 1)) {
        onServed.run();
      }
    }
  }
}
