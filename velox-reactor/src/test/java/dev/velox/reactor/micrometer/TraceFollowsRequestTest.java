package dev.velox.reactor.micrometer;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.Select;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.Hedge;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerPool;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.integration.Slf4jThreadLocalAccessor;
import io.micrometer.observation.NullObservation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * A trace and the MDC follow a request through every construct, and another request, on whose
 * thread it goes on, leaves no trace in it.
 */
class TraceFollowsRequestTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String REQUEST = "request";

  /** How Reactor is told to keep thread-locals. */
  enum Mode {
    /** {@code Hooks.enableAutomaticContextPropagation()}. */
    AUTOMATIC {
      @Override
      void set() {
        Hooks.enableAutomaticContextPropagation();
      }
    },
    /** Not at all: what Velox calls itself sees them all the same. */
    LIMITED {
      @Override
      void set() {
        Hooks.disableAutomaticContextPropagation();
      }
    };

    abstract void set();
  }

  /** What a log line bore: where it was written, its MDC, and the observation it was in. */
  private record Line(String place, String mdc, String observation) {
    static Line of(String place, String request) {
      return new Line(place, request, request);
    }
  }

  private final Logger log = (Logger) LoggerFactory.getLogger(TraceFollowsRequestTest.class);
  private final Lines lines = new Lines();
  private final ObservationRegistry observations = ObservationRegistry.create();
  private final Recording recording = new Recording();

  /** Keeps the lines of the log. */
  private final class Lines extends UnsynchronizedAppenderBase<ILoggingEvent> {
    final Queue<Line> written = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      Observation current = observations.getCurrentObservation();
      written.add(
          new Line(
              event.getFormattedMessage(),
              event.getMDCPropertyMap().get(REQUEST),
              current == null || current instanceof NullObservation
                  ? null
                  : current.getContext().getName()));
    }
  }

  /** Counts scopes, so that one left open is noticed. */
  private static final class Recording implements ObservationHandler<Observation.Context> {
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger opened = new AtomicInteger();

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }

    @Override
    public void onScopeOpened(Observation.Context context) {
      open.incrementAndGet();
      opened.incrementAndGet();
    }

    @Override
    public void onScopeClosed(Observation.Context context) {
      open.decrementAndGet();
    }
  }

  @BeforeEach
  void record() {
    lines.start();
    log.addAppender(lines);
    log.setLevel(Level.INFO);
    observations.observationConfig().observationHandler(recording);
    ContextRegistry.getInstance()
        .registerThreadLocalAccessor(new Slf4jThreadLocalAccessor())
        .registerThreadLocalAccessor(new ObservationThreadLocalAccessor(observations));
  }

  @AfterEach
  void forget() {
    Hooks.disableAutomaticContextPropagation();
    ContextRegistry.getInstance().removeThreadLocalAccessor(Slf4jThreadLocalAccessor.KEY);
    ContextRegistry.getInstance().registerThreadLocalAccessor(new ObservationThreadLocalAccessor());
    log.setLevel(Level.OFF);
    log.detachAppender(lines);
    MDC.clear();
  }

  /** What a request writes into its context. */
  private Function<Context, Context> of(String request) {
    return context ->
        context
            .put(Slf4jThreadLocalAccessor.KEY, Map.of(REQUEST, request))
            .put(
                ObservationThreadLocalAccessor.KEY,
                Observation.createNotStarted(request, observations).start());
  }

  /** Does something on this thread, which is at another request just now. */
  private void asStranger(Runnable action) {
    MDC.put(REQUEST, "stranger");
    Observation.createNotStarted("stranger", observations)
        .observe(
            () -> {
              action.run();
              log.info("stranger");
            });
    assertThat(MDC.get(REQUEST)).isEqualTo("stranger");
    MDC.remove(REQUEST);
  }

  /** Logs its input on its way; in LIMITED mode {@code handle} is what sees thread-locals. */
  private <T> Function<Mono<T>, Mono<T>> logs(String place) {
    return source ->
        source.handle(
            (value, sink) -> {
              log.info(place);
              sink.next(value);
            });
  }

  private <T> Mono<T> begin(Mono<T> operation) {
    Mono<T> begun = operation.contextWrite(of("mine")).cache();
    begun.subscribe();
    return begun;
  }

  private void assertLines(String... places) {
    List<Line> expected = new ArrayList<>();
    for (String place : places) {
      expected.add(Line.of(place, place.equals("stranger") ? place : "mine"));
    }
    assertThat(lines.written).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(recording.opened.get()).isPositive();
    awaitScopesClosed();
  }

  /** Who signals the last line may have its scope open still. */
  private void awaitScopesClosed() {
    long end = System.nanoTime() + LONG.toNanos();
    while (recording.open.get() != 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(recording.open).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource
  void into_a_section_that_another_request_lets_in(Mode mode) {
    mode.set();
    Mutex mutex = Mutex.create();
    Lease held = mutex.tryLock().orElseThrow();
    Mono<Integer> mine =
        begin(mutex.withLock(Mono.just(1).transform(logs("section"))).transform(logs("after")));

    asStranger(held::release);

    assertThat(mine.block(LONG)).isEqualTo(1);
    assertLines("section", "after", "stranger");
  }

  @ParameterizedTest
  @EnumSource
  void a_message_without_one_is_not_handled_under_that_of_whoever_wakes_the_actor(Mode mode) {
    mode.set();
    Actor<Integer> actor =
        Actor.builder(
                0,
                Behavior.sync(
                    (Integer state, Integer message) -> {
                      log.info("behaviour");
                      return state;
                    }))
            .scheduler(Schedulers.immediate())
            .build();

    asStranger(() -> actor.trySend(1));

    assertThat(lines.written)
        .containsExactly(new Line("behaviour", null, null), Line.of("stranger", "stranger"));
    awaitScopesClosed();
  }

  @ParameterizedTest
  @EnumSource
  void and_a_request_without_one_does_not_get_that_of_another(Mode mode) {
    mode.set();
    Mutex mutex = Mutex.create();
    Lease held = mutex.tryLock().orElseThrow();
    mutex.withLock(Mono.fromRunnable(() -> log.info("section"))).subscribe();

    asStranger(held::release);

    assertThat(lines.written)
        .containsExactly(new Line("section", null, null), Line.of("stranger", "stranger"));
    awaitScopesClosed();
  }

  @ParameterizedTest
  @EnumSource
  void into_each_run_of_a_transaction_also_when_another_request_wakes_it(Mode mode) {
    mode.set();
    TRef<Integer> ref = TRef.of(0);
    Mono<Integer> mine =
        begin(
            Stm.<Integer>atomic(
                    tx -> {
                      log.info("body");
                      int value = tx.get(ref);
                      tx.afterCommit(() -> log.info("committed"));
                      return value == 0 ? tx.retry() : value;
                    })
                .transform(logs("after")));

    asStranger(() -> ref.write(1).block(LONG));

    assertThat(mine.block(LONG)).isEqualTo(1);
    assertLines("body", "stranger", "body", "committed", "after");
  }

  @ParameterizedTest
  @EnumSource
  void into_each_run_of_a_transaction_with_a_publisher_as_body(Mode mode) {
    mode.set();
    TRef<Integer> ref = TRef.of(0);
    Mono<Integer> mine =
        begin(
            Stm.atomic(
                    ref.read()
                        .transform(logs("body"))
                        .flatMap(value -> value == 0 ? Stm.<Integer>retry() : Mono.just(value)))
                .transform(logs("after")));

    asStranger(() -> ref.write(1).block(LONG));

    assertThat(mine.block(LONG)).isEqualTo(1);
    assertLines("body", "stranger", "body", "after");
  }

  @ParameterizedTest
  @EnumSource
  void into_each_attempt_of_a_retry_and_a_hedge(Mode mode) {
    mode.set();
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(3).backoff(Backoff.fixed(Duration.ofMillis(1))).build();
    Mono<String> retried =
        policy
            .execute(
                () -> {
                  log.info("attempt");
                  return calls.incrementAndGet() < 3
                      ? Mono.error(new IllegalStateException("not yet"))
                      : Mono.just("done");
                })
            .transform(logs("after"));
    assertThat(begin(retried).block(LONG)).isEqualTo("done");
    assertLines("attempt", "attempt", "attempt", "after");

    lines.written.clear();
    calls.set(0);
    Mono<String> hedged =
        Hedge.after(Duration.ofMillis(1))
            .execute(
                () -> {
                  log.info("call");
                  return calls.incrementAndGet() == 1 ? Mono.never() : Mono.just("hedged");
                });
    assertThat(begin(hedged).block(LONG)).isEqualTo("hedged");
    assertLines("call", "call");
  }

  @ParameterizedTest
  @EnumSource
  void into_a_worker_and_a_pool(Mode mode) {
    mode.set();
    Worker<String, String> worker =
        Worker.of(
            (message, self) -> {
              log.info("worker");
              self.postMessage(message);
            });
    WorkerPool<String, String> pool =
        WorkerPool.of(
            (task, signal) -> {
              log.info("pool");
              return task;
            });

    assertThat(
            begin(
                    worker
                        .postMessage("job")
                        .then(worker.getResult())
                        .flatMap(pool::run)
                        .transform(logs("after")))
                .block(LONG))
        .isEqualTo("job");

    assertLines("worker", "pool", "after");
    worker.terminate().block(LONG);
    pool.shutdown().block(LONG);
  }

  private record Ask(Reply<String> reply) {}

  @ParameterizedTest
  @EnumSource
  void into_the_behaviour_of_an_actor_that_is_asked_and_back(Mode mode) {
    mode.set();
    StatefulActor<Integer, Ask> actor =
        Actor.of(
            0,
            (count, ask) -> {
              log.info("behaviour");
              return Mono.just(count + 1)
                  .transform(logs("inside"))
                  .doOnNext(next -> ask.reply().reply("answer " + next));
            });

    assertThat(begin(actor.<String>ask(Ask::new).transform(logs("after"))).block(LONG))
        .isEqualTo("answer 1");

    assertLines("behaviour", "inside", "after");
    actor.stop().block(LONG);
  }

  @ParameterizedTest
  @EnumSource
  void of_the_one_who_sends_and_the_one_who_receives_each_to_its_own_end(Mode mode) {
    mode.set();
    Channel<String> channel = Channel.rendezvous();
    Mono<String> received = begin(channel.receive().transform(logs("received")));
    asStranger(() -> channel.send("their element").block(LONG));
    assertThat(received.block(LONG)).isEqualTo("their element");
    assertLines("received", "stranger");

    lines.written.clear();
    Mono<Boolean> sent = begin(channel.send("my element").thenReturn(true).transform(logs("sent")));
    asStranger(() -> assertThat(channel.tryReceive().isReceived()).isTrue());
    assertThat(sent.block(LONG)).isTrue();
    assertLines("sent", "stranger");
  }

  @ParameterizedTest
  @EnumSource
  void with_an_element_if_the_sender_gives_it_along(Mode mode) {
    mode.set();
    record Traced<T>(T value, ContextView context) {}
    Channel<Traced<String>> channel = Channel.bounded(2);
    begin(Mono.deferContextual(context -> channel.send(new Traced<>("mine", context))));
    asStranger(
        () ->
            assertThat(
                    channel
                        .asFlux()
                        .concatMap(
                            traced ->
                                Mono.just(traced.value())
                                    .transform(logs("handled"))
                                    .contextWrite(traced.context()))
                        .blockFirst(LONG))
                .isEqualTo("mine"));
    assertLines("handled", "stranger");
  }

  @ParameterizedTest
  @EnumSource
  void into_the_handler_of_a_selection_that_another_request_serves(Mode mode) {
    mode.set();
    Channel<String> channel = Channel.rendezvous();
    Mono<String> mine =
        begin(
            Select.<String>biased()
                .onReceive(
                    channel,
                    element -> {
                      log.info("handler");
                      return element;
                    })
                .toMono()
                .transform(logs("after")));

    asStranger(() -> channel.send("element").block(LONG));

    assertThat(mine.block(LONG)).isEqualTo("element");
    assertLines("handler", "after", "stranger");
  }

  @ParameterizedTest
  @EnumSource
  void into_what_computes_a_value_when_its_turn_has_come(Mode mode) {
    mode.set();
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    Sinks.One<Integer> first = Sinks.one();
    map.compute("key", (key, old) -> first.asMono()).subscribe();
    Mono<Integer> mine =
        begin(
            map.compute(
                    "key",
                    (key, old) -> {
                      log.info("compute");
                      return Mono.just(old + 1);
                    })
                .then(
                    map.getOrLoad(
                        "other",
                        key -> {
                          log.info("load");
                          return Mono.just(2);
                        }))
                .transform(logs("after")));

    asStranger(() -> first.tryEmitValue(1).orThrow());

    assertThat(mine.block(LONG)).isEqualTo(2);
    assertThat(map.get("key").block(LONG)).isEqualTo(2);
    assertLines("compute", "load", "after", "stranger");
  }

  @ParameterizedTest
  @EnumSource
  void all_the_way_through_channel_actor_transaction_worker_retry_and_async(Mode mode) {
    mode.set();
    Channel<String> channel = Channel.bounded(1);
    StatefulActor<Integer, Ask> actor =
        Actor.of(
            0,
            (count, ask) -> {
              log.info("actor");
              ask.reply().reply("answer");
              return Mono.just(count + 1);
            });
    TRef<Integer> ref = TRef.of(0);
    WorkerPool<String, String> pool =
        WorkerPool.of(
            (task, signal) -> {
              log.info("worker");
              return task;
            });
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(2).backoff(Backoff.fixed(Duration.ofMillis(1))).build();

    Mono<String> request =
        channel
            .send("element")
            .then(channel.receive())
            .transform(logs("channel"))
            .then(actor.<String>ask(Ask::new))
            .flatMap(
                answer ->
                    Stm.atomic(
                        tx -> {
                          log.info("transaction");
                          tx.set(ref, tx.get(ref) + 1);
                          return answer;
                        }))
            .flatMap(pool::run)
            .flatMap(
                answer ->
                    policy.execute(
                        () -> {
                          log.info("attempt");
                          return calls.incrementAndGet() < 2
                              ? Mono.error(new IllegalStateException("not yet"))
                              : Mono.just(answer);
                        }))
            .flatMap(
                answer ->
                    async(
                        () -> {
                          log.info("async");
                          String slept = await(Mono.delay(Duration.ofMillis(1)).thenReturn(answer));
                          log.info("awaited");
                          return slept;
                        }))
            .transform(logs("end"))
            .subscribeOn(Schedulers.parallel());

    assertThat(begin(request).block(LONG)).isEqualTo("answer");

    assertLines(
        "channel",
        "actor",
        "transaction",
        "worker",
        "attempt",
        "attempt",
        "async",
        "awaited",
        "end");
    actor.stop().block(LONG);
    pool.shutdown().block(LONG);
  }

  @Test
  void from_the_thread_that_captured_it() {
    Mode.LIMITED.set();
    Mutex mutex = Mutex.create();
    Lease held = mutex.tryLock().orElseThrow();
    Mono<Integer> operation =
        mutex
            .withLock(Mono.just(1).transform(logs("section")))
            .transform(logs("after"))
            .contextCapture()
            .cache();
    MDC.put(REQUEST, "mine");
    Observation.createNotStarted("mine", observations).observe(() -> operation.subscribe());
    MDC.remove(REQUEST);

    asStranger(held::release);

    assertThat(operation.block(LONG)).isEqualTo(1);
    assertLines("section", "after", "stranger");
  }
}
