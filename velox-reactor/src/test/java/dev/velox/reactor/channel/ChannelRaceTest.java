package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

/** Races each pair of operations, and counts elements: everything accepted comes out once. */
class ChannelRaceTest {

  private static final int RACES = 3_000;

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void send_and_receive_meet(int capacity) {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      TestSubscriber<Void> sender = TestSubscriber.create();
      TestSubscriber<Integer> receiver = TestSubscriber.create();

      RaceTestUtils.race(
          () -> channel.send(7).subscribe(sender), () -> channel.receive().subscribe(receiver));

      assertThat(receiver.getReceivedOnNext()).containsExactly(7);
      assertThat(sender.isTerminatedComplete()).isTrue();
      assertThat(channel.waitingReceivers() + channel.waitingSenders()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_cancelled_receive_loses_no_element_to_a_send(int capacity) {
    cancelledReceive(capacity, RACES);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_cancelled_receive_loses_no_element_to_a_send_ever(int capacity) {
    cancelledReceive(capacity, 100_000);
  }

  private static void cancelledReceive(int capacity, int races) {
    for (int i = 0; i < races; i++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      TestSubscriber<Integer> receiver = subscribe(channel.receive());
      TestSubscriber<Void> sender = TestSubscriber.create();

      RaceTestUtils.race(receiver::cancel, () -> channel.send(7).subscribe(sender));

      boolean received = !receiver.getReceivedOnNext().isEmpty();
      assertThat(channel.tryReceive().isReceived()).isNotEqualTo(received);
      assertThat(sender.isTerminatedComplete()).isTrue();
    }
  }

  /**
   * Keeps what comes while it is being cancelled, too, which Reactor's own subscribers drop; asks
   * when told.
   */
  private static final class Keeping extends BaseSubscriber<Integer> {
    private final List<Integer> received = Collections.synchronizedList(new ArrayList<>());

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // asks when told
    }

    @Override
    protected void hookOnNext(Integer element) {
      received.add(element);
    }
  }

  private static Keeping keeping(Channel<Integer> channel) {
    Keeping receiver = new Keeping();
    channel.receive().subscribe(receiver);
    return receiver;
  }

  @Test
  void a_receive_that_is_cancelled_as_it_takes_what_is_there_loses_nothing() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(1);
      Keeping receiver = keeping(channel);
      channel.trySend(7);

      RaceTestUtils.race(() -> receiver.request(1), receiver::cancel);

      boolean received = !receiver.received.isEmpty();
      assertThat(channel.tryReceive().isReceived()).isNotEqualTo(received);
      assertThat(channel.waitingReceivers()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, Integer.MAX_VALUE})
  void receivers_who_leave_alone_or_in_line_are_counted_out(int limit) {
    for (int i = 0; i < RACES; i++) {
      ChannelBuilder<Integer> builder = Channel.<Integer>builder().capacity(1);
      Channel<Integer> channel =
          (limit == Integer.MAX_VALUE ? builder : builder.maxWaitingReceivers(limit)).build();
      Keeping leaving = keeping(channel);
      Keeping staying = keeping(channel);

      RaceTestUtils.race(
          () -> {
            leaving.request(1);
            leaving.cancel();
          },
          () -> staying.request(1),
          () -> channel.trySend(7));

      // The one who stays waits only if the other one was quicker.
      assertThat(leaving.received.size() + staying.received.size()).isEqualTo(1);
      assertThat(channel.waitingReceivers()).isEqualTo(leaving.received.size());
      channel.close();
      assertThat(channel.waitingReceivers()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 64})
  void a_batch_for_receivers_who_leave_stays_whole(int capacity) {
    leavingReceivers(capacity, 1_000);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 64})
  void a_batch_for_receivers_who_leave_stays_whole_always(int capacity) {
    leavingReceivers(capacity, 50_000);
  }

  private static void leavingReceivers(int capacity, int races) {
    int elements = 12;
    for (int i = 0; i < races; i++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      List<Integer> received = Collections.synchronizedList(new ArrayList<>());
      // Alone in line, among its like, or among those who receive one element.
      List<Disposable> receivers = new ArrayList<>();
      for (int receiver = 0; receiver <= i % 3; receiver++) {
        receivers.add(
            receiver == 2
                ? channel.receive().subscribe(received::add)
                : channel.asFlux().subscribe(received::add));
      }

      RaceTestUtils.race(
          () -> channel.sendAll(Flux.range(0, elements)).subscribe(sent -> channel.close()),
          receivers.get(0)::dispose,
          () -> channel.tryReceive().toOptional().ifPresent(received::add));
      receivers.forEach(Disposable::dispose);
      channel.asFlux().subscribe(received::add);

      assertThat(received)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, elements).boxed().toList());
      assertThat(channel.waitingReceivers() + channel.waitingSenders()).isZero();
    }
  }

  @Test
  void a_receiver_that_keeps_its_place_gets_what_two_send_in_their_order() {
    int each = 20;
    for (int i = 0; i < 1_000; i++) {
      Channel<Integer> channel = Channel.bounded(2 * each);
      List<Integer> received = Collections.synchronizedList(new ArrayList<>());
      channel.asFlux().subscribe(received::add);

      RaceTestUtils.race(
          () -> IntStream.range(0, each).forEach(channel::trySend),
          () -> IntStream.range(each, 2 * each).forEach(channel::trySend));

      assertThat(received).hasSize(2 * each);
      assertThat(received.stream().filter(number -> number < each).toList()).isSorted();
      assertThat(received.stream().filter(number -> number >= each).toList()).isSorted();
      assertThat(channel.waitingReceivers()).isEqualTo(1);
      assertThat(channel.size()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_cancelled_send_is_received_or_not_sent(int capacity) {
    cancelledSend(capacity, RACES);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_cancelled_send_is_received_or_not_sent_ever(int capacity) {
    cancelledSend(capacity, 100_000);
  }

  private static void cancelledSend(int capacity, int races) {
    for (int i = 0; i < races; i++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      IntStream.range(0, capacity).forEach(channel::trySend);
      TestSubscriber<Void> sender = subscribe(channel.send(7));
      List<Integer> received = new ArrayList<>();

      RaceTestUtils.race(
          sender::cancel, () -> channel.tryReceive().toOptional().ifPresent(received::add));
      channel.close();
      channel.asFlux().subscribe(received::add);

      // A completed send was received. A cancelled one was, if it had been accepted first; never
      // twice.
      long sent = received.stream().filter(element -> element == 7).count();
      assertThat(sent).isBetween(sender.isTerminatedComplete() ? 1L : 0L, 1L);
      assertThat(received).hasSize((int) (capacity + sent));
    }
  }

  @Test
  void a_cancelled_flux_leaves_what_it_did_not_emit() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.unbounded();
      TestSubscriber<Integer> receiver = TestSubscriber.create();
      channel.asFlux().subscribe(receiver);

      RaceTestUtils.race(receiver::cancel, () -> IntStream.range(0, 5).forEach(channel::trySend));

      List<Integer> all = new ArrayList<>(receiver.getReceivedOnNext());
      channel.close();
      channel.asFlux().subscribe(all::add);
      assertThat(all).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }
  }

  @Test
  void a_delivery_that_is_cancelled_as_it_comes_goes_back() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(1);
      AtomicInteger kept = new AtomicInteger();
      TestSubscriber<Integer> receiver =
          subscribe(
              channel
                  .receiveDelivery()
                  .filter(Delivery::acknowledge)
                  .doOnNext(delivery -> kept.incrementAndGet())
                  .map(Delivery::value));

      RaceTestUtils.race(receiver::cancel, () -> channel.trySend(7));

      int left = channel.tryReceive().isReceived() ? 1 : 0;
      assertThat(kept.get() + left).isEqualTo(1);
      assertThat(channel.trySend(8)).isEqualTo(SendResult.SENT);
    }
  }

  @Test
  void a_receive_whose_time_is_over_as_an_element_comes_loses_nothing() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.<Integer>builder().capacity(1).timer(time).build();
      TestSubscriber<Integer> receiver = subscribe(channel.receive(Duration.ofSeconds(1)));

      RaceTestUtils.race(() -> time.advanceTimeBy(Duration.ofSeconds(1)), () -> channel.trySend(7));

      boolean received = !receiver.getReceivedOnNext().isEmpty();
      if (!received) {
        assertThat(receiver.expectTerminalError()).isInstanceOf(TimeoutException.class);
      }
      assertThat(channel.tryReceive().isReceived()).isNotEqualTo(received);
    }
  }

  @Test
  void a_send_whose_time_is_over_as_room_comes_is_sent_or_not() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.<Integer>builder().capacity(1).timer(time).build();
      channel.trySend(0);
      TestSubscriber<Void> sender = subscribe(channel.send(7, Duration.ofSeconds(1)));

      RaceTestUtils.race(
          () -> time.advanceTimeBy(Duration.ofSeconds(1)), () -> channel.tryReceive());

      assertThat(channel.tryReceive().isReceived()).isEqualTo(sender.isTerminatedComplete());
    }
  }

  @Test
  void closing_while_sending_accepts_or_refuses() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(4);
      AtomicInteger sent = new AtomicInteger();

      RaceTestUtils.race(
          channel::close,
          () ->
              IntStream.range(0, 4)
                  .filter(n -> channel.trySend(n).isSent())
                  .forEach(n -> sent.incrementAndGet()));

      assertThat(channel.asFlux().count().block()).isEqualTo(sent.longValue());
    }
  }

  @Test
  void closing_while_receiving_ends_every_receiver() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<Integer> one = TestSubscriber.create();
      TestSubscriber<Integer> all = TestSubscriber.create();
      TestSubscriber<Integer> idle = TestSubscriber.builder().initialRequest(0).build();

      RaceTestUtils.race(
          channel::close,
          () -> channel.receive().subscribe(one),
          () -> channel.asFlux().subscribe(all),
          () -> channel.asFlux().subscribe(idle));

      assertThat(Stream.of(one, all, idle)).allMatch(TestSubscriber::isTerminatedComplete);
    }
  }

  @Test
  void cancelling_the_channel_discards_or_delivers_each_element_once() {
    for (int i = 0; i < RACES; i++) {
      List<Integer> dropped = new ArrayList<>();
      Channel<Integer> channel =
          Channel.<Integer>builder().capacity(2).onDrop(dropped::add).build();
      List<TestSubscriber<Void>> senders =
          IntStream.range(0, 4).mapToObj(n -> subscribe(channel.send(n))).toList();
      List<Integer> received = new ArrayList<>();

      RaceTestUtils.race(
          channel::cancel,
          () -> {
            channel.tryReceive().toOptional().ifPresent(received::add);
            channel.tryReceive().toOptional().ifPresent(received::add);
          });

      received.addAll(dropped);
      assertThat(received).containsExactlyInAnyOrder(0, 1, 2, 3);
      assertThat(senders).allMatch(TestSubscriber::isTerminated);
    }
  }

  @Test
  void eight_threads_on_a_sink_are_never_refused_for_not_being_serialised() throws Exception {
    Channel<Integer> channel = Channel.unbounded();
    Sinks.Many<Integer> sink = channel.asSink();
    int each = 20_000;
    Mono<Long> received = channel.asFlux().publishOn(Schedulers.parallel()).count().cache();
    received.subscribe();

    inParallel(
        8,
        thread -> {
          for (int i = 0; i < each; i++) {
            assertThat(sink.tryEmitNext(i)).isEqualTo(Sinks.EmitResult.OK);
          }
        });
    sink.tryEmitComplete();

    assertThat(received.block()).isEqualTo(8L * each);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 128, Integer.MAX_VALUE})
  void many_senders_and_receivers_pass_on_everything_once(int capacity) throws Exception {
    conservation(capacity, 4, 5_000);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 128, Integer.MAX_VALUE})
  void very_many_senders_and_receivers_pass_on_everything_once(int capacity) throws Exception {
    conservation(capacity, 8, 100_000);
  }

  /** Senders and receivers of every kind, some of which keep leaving; a bit for each element. */
  private static void conservation(int capacity, int senders, int each) throws Exception {
    Channel<Integer> channel = Channel.bounded(capacity);
    BitSet seen = new BitSet();
    AtomicInteger twice = new AtomicInteger();
    Consumer<Integer> one =
        number -> {
          synchronized (seen) {
            if (seen.get(number)) {
              twice.incrementAndGet();
            }
            seen.set(number);
          }
        };
    Mono<Void> fluxReceiver =
        channel
            .asFlux()
            .doOnNext(one)
            .take(7)
            .repeat(() -> !channel.isClosed() || channel.size() > 0)
            .then();
    Mono<Void> monoReceiver =
        channel.receive().doOnNext(one).repeat(() -> !channel.isClosed()).then();
    Mono<Void> timedReceiver =
        channel
            .receive(Duration.ofMillis(1))
            .doOnNext(one)
            .onErrorResume(TimeoutException.class, timeout -> Mono.empty())
            .repeat(() -> !channel.isClosed())
            .then();
    Mono<Void> receivers =
        Mono.when(
            fluxReceiver.subscribeOn(Schedulers.parallel()),
            monoReceiver.subscribeOn(Schedulers.parallel()),
            timedReceiver.subscribeOn(Schedulers.parallel()));
    Mono<Void> sending =
        Flux.range(0, senders)
            .flatMap(
                sender -> {
                  Flux<Integer> numbers = Flux.range(sender * each, each);
                  Mono<?> all =
                      sender % 2 == 0
                          ? numbers.concatMap(channel::send).then()
                          : channel.sendAll(numbers);
                  return all.then().subscribeOn(Schedulers.parallel());
                },
                senders)
            .then()
            .doOnSuccess(done -> channel.close());

    Mono.when(receivers, sending).block(Duration.ofSeconds(55));
    channel.asFlux().doOnNext(one).blockLast();

    assertThat(twice).hasValue(0);
    assertThat(seen.cardinality()).isEqualTo(senders * each);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  void each_receiver_sees_the_elements_of_each_sender_in_order(int capacity) {
    Channel<int[]> channel = Channel.bounded(capacity);
    int each = 20_000;
    Mono<Void> senders =
        Flux.range(0, 4)
            .flatMap(
                sender ->
                    Flux.range(0, each)
                        .concatMap(number -> channel.send(new int[] {sender, number}))
                        .subscribeOn(Schedulers.parallel()))
            .then()
            .doOnSuccess(done -> channel.close());
    int[] next = new int[4];
    Mono<Void> receiver =
        channel
            .asFlux()
            .doOnNext(
                element -> {
                  assertThat(element[1]).isEqualTo(next[element[0]]);
                  next[element[0]]++;
                })
            .then();

    Mono.when(receiver, senders).block(Duration.ofSeconds(55));

    assertThat(next).containsOnly(each);
  }

  private interface Work {
    void on(int thread) throws Exception;
  }

  private static void inParallel(int threads, Work work) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        futures.add(
            executor.submit(
                () -> {
                  start.await();
                  work.on(thread);
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> future : futures) {
        future.get(55, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }
  }
}
