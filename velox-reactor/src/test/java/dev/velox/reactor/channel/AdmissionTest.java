package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;

/**
 * An accepted sender is let in, whatever happens between the two: a thread may bind it and then
 * find that the state has changed, so that another one has to move it.
 */
class AdmissionTest {

  private static final class Sender extends SendWaiter {
    private final Object element;

    Sender(Object element) {
      this.element = element;
    }

    @Override
    @Nullable Object element() {
      return element;
    }

    @Override
    boolean hasElement() {
      return true;
    }

    @Override
    public void run() {
      // Its signal is looked at in what the core was given.
    }
  }

  private static final class Publishing extends PublishWaiter {
    @Override
    Object element() {
      return "late";
    }

    @Override
    public void run() {
      // Its signal is looked at in what the core was given.
    }
  }

  private final List<Runnable> signals = new ArrayList<>();

  private ChannelCore core(int capacity) {
    return new ChannelCore(
        capacity, Overflow.WAIT, Integer.MAX_VALUE, Integer.MAX_VALUE, signals::add);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void an_accepted_sender_is_told_when_it_is_in_and_not_before(int capacity) {
    ChannelCore core = core(capacity);
    Sender sender = waiting(core, capacity);

    assertThat(sender.accept()).isTrue();
    assertThat(sender.settle()).isNull();
    takeAll(core, capacity);

    assertThat(signals).containsExactly(sender);
    assertThat(sender.settle()).isEqualTo(AdmissionWaiter.ADMITTED);
    assertThat(sender.settle()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void a_sender_that_leaves_once_it_is_accepted_is_let_in_and_not_told(int capacity) {
    ChannelCore core = core(capacity);
    Sender sender = waiting(core, capacity);

    assertThat(sender.accept()).isTrue();
    assertThat(sender.giveUp()).isEqualTo(AdmissionWaiter.ACCEPTED);
    assertThat(sender.giveUp()).isNull();
    assertThat(core.waitingSenders()).isEqualTo(1);
    takeAll(core, capacity);

    assertThat(signals).isEmpty();
    assertThat(sender.settle()).isNull();
    assertThat(core.waitingSenders()).isZero();
  }

  @Test
  void sweeping_out_who_left_spares_who_is_accepted() {
    ChannelCore core = core(0);
    Sender accepted = waiting(core, 0);
    List<Sender> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Sender other = new Sender("other");
      others.add(other);
      core.offer("other", other, dropped -> {});
    }
    accepted.accept();
    accepted.giveUp();

    for (Sender other : others) {
      assertThat(other.giveUp()).isNotNull();
      core.senderLeft();
    }

    assertThat(core.take(null, false)).isEqualTo("late");
    assertThat(core.take(null, false)).isEqualTo(ChannelCore.NOTHING);
  }

  @Test
  void a_cancelled_channel_gives_an_accepted_element_up_once() {
    ChannelCore core = core(0);
    Sender left = waiting(core, 0);
    Sender waits = waiting(core, 0);
    left.accept();
    left.giveUp();
    List<Object> discarded = new ArrayList<>();

    core.cancel(discarded::add);

    assertThat(discarded).containsExactly("late", "late");
    assertThat(signals).containsExactly(waits);
    assertThat(waits.settle()).isEqualTo(AdmissionWaiter.REFUSED);
    assertThat(core.waitingSenders()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void an_accepted_publisher_publishes_though_it_leaves(boolean leaves) {
    BroadcastCore core = new BroadcastCore(0, Integer.MAX_VALUE, signals::add);
    Place place = new Place();
    core.join(place);
    core.publish("first", null);
    Publishing publishing = new Publishing();
    assertThat(core.publish("late", publishing)).isEqualTo(BroadcastCore.WAITING);
    signals.clear();

    assertThat(publishing.accept()).isTrue();
    assertThat(publishing.settle()).isNull();
    if (leaves) {
      assertThat(publishing.giveUp()).isEqualTo(AdmissionWaiter.ACCEPTED);
    }
    assertThat(place.ready()).isEqualTo(1);
    assertThat(place.take()).isEqualTo("first");
    core.admit();

    assertThat(core.state().last().element(2)).isEqualTo("late");
    assertThat(core.waiting()).isZero();
    assertThat(signals.contains(publishing)).isNotEqualTo(leaves);
  }

  private static final class Place extends BroadcastCore.Receiver {
    Place() {
      super(true, 1);
    }

    @Override
    public void run() {
      // It looks when the test has it look.
    }
  }

  /** Fills the buffer and lines up. */
  private static Sender waiting(ChannelCore core, int capacity) {
    for (int i = 0; i < capacity; i++) {
      assertThat(core.offer("early", null, dropped -> {})).isEqualTo(ChannelCore.Offer.SENT);
    }
    Sender sender = new Sender("late");
    assertThat(core.offer("late", sender, dropped -> {})).isEqualTo(ChannelCore.Offer.WAITING);
    return sender;
  }

  private static void takeAll(ChannelCore core, int capacity) {
    for (int i = 0; i < capacity; i++) {
      assertThat(core.take(null, false)).isEqualTo("early");
    }
    assertThat(core.take(null, false)).isEqualTo("late");
    assertThat(core.take(null, false)).isEqualTo(ChannelCore.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 64})
  void sources_sent_side_by_side_arrive_whole(int capacity) {
    sideBySide(capacity, 1);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 64})
  void sources_sent_side_by_side_arrive_whole_always(int capacity) {
    sideBySide(capacity, 40);
  }

  /** As a server does it whose clients post at once, and whose one consumer is slow. */
  private static void sideBySide(int capacity, int rounds) {
    int senders = 8;
    int each = 2_000;
    for (int round = 0; round < rounds; round++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      AtomicIntegerArray seen = new AtomicIntegerArray(senders * each);
      Mono<Void> receiving =
          channel
              .asFlux()
              .concatMap(
                  number ->
                      Mono.fromCallable(() -> seen.incrementAndGet(number))
                          .subscribeOn(Schedulers.parallel()),
                  0)
              .then();
      Mono<Void> sending =
          Flux.range(0, senders)
              .flatMap(
                  sender ->
                      channel
                          .sendAll(
                              Flux.range(sender * each, each).publishOn(Schedulers.parallel(), 16))
                          .subscribeOn(Schedulers.parallel()),
                  senders)
              .then()
              .doOnSuccess(done -> channel.close());

      Mono.when(receiving, sending).block(Duration.ofSeconds(55));

      for (int number = 0; number < seen.length(); number++) {
        assertThat(seen.get(number)).as("times that %d came", number).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void a_cancelled_source_has_each_element_sent_or_discarded_once(int capacity) {
    cancelledSources(capacity, 500);
  }

  @Tag("stress")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void a_cancelled_source_has_each_element_sent_or_discarded_once_always(int capacity) {
    cancelledSources(capacity, 30_000);
  }

  private static void cancelledSources(int capacity, int rounds) {
    int each = 40;
    for (int round = 0; round < rounds; round++) {
      Channel<Integer> channel = Channel.bounded(capacity);
      AtomicIntegerArray seen = new AtomicIntegerArray(2 * each);
      AtomicInteger emitted = new AtomicInteger();
      int cancelAfter = ThreadLocalRandom.current().nextInt(2 * each);
      CompletableFuture<Void> done = new CompletableFuture<>();
      List<Disposable> sending = new ArrayList<>();
      Runnable take =
          () -> {
            for (int i = 0; i < each; i++) {
              channel.tryReceive().toOptional().ifPresent(seen::incrementAndGet);
              if (i == cancelAfter) {
                sending.forEach(Disposable::dispose);
              }
            }
          };
      for (int sender = 0; sender < 2; sender++) {
        sending.add(
            channel
                .sendAll(
                    Flux.range(sender * each, each).doOnNext(number -> emitted.incrementAndGet()))
                .doOnDiscard(Integer.class, seen::incrementAndGet)
                .subscribe());
      }

      RaceTestUtils.race(take, take, () -> sending.get(1).dispose());
      sending.forEach(Disposable::dispose);
      channel.close();
      channel.asFlux().doFinally(signal -> done.complete(null)).subscribe(seen::incrementAndGet);
      done.join();

      int sum = 0;
      for (int number = 0; number < seen.length(); number++) {
        assertThat(seen.get(number)).as("times that %d came", number).isLessThanOrEqualTo(1);
        sum += seen.get(number);
      }
      assertThat(sum).isEqualTo(emitted.get());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void a_channel_that_is_cancelled_gives_up_each_element_of_a_source_once(int capacity) {
    for (int round = 0; round < 1_000; round++) {
      AtomicIntegerArray seen = new AtomicIntegerArray(20);
      AtomicInteger emitted = new AtomicInteger();
      Channel<Integer> channel = Channel.bounded(capacity);
      channel
          .sendAll(Flux.range(0, 10).hide().doOnNext(number -> emitted.incrementAndGet()))
          .doOnDiscard(Integer.class, seen::incrementAndGet)
          .onErrorComplete()
          .subscribe();
      // One that emits unasked, so that its element waits in line.
      channel
          .sendAll(
              subscriber -> {
                subscriber.onSubscribe(Operators.emptySubscription());
                emitted.incrementAndGet();
                subscriber.onNext(10);
              })
          .doOnDiscard(Integer.class, seen::incrementAndGet)
          .onErrorComplete()
          .subscribe();

      RaceTestUtils.race(
          channel::cancel,
          () -> channel.tryReceive().toOptional().ifPresent(seen::incrementAndGet));

      int sum = 0;
      for (int number = 0; number < seen.length(); number++) {
        assertThat(seen.get(number)).as("times that %d came", number).isLessThanOrEqualTo(1);
        sum += seen.get(number);
      }
      assertThat(sum).isEqualTo(emitted.get());
    }
  }
}
