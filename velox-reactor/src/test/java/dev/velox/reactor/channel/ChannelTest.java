package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.TooManyWaitersException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.subscriber.TestSubscriber;

class ChannelTest {

  private static TestSubscriber<Void> sending(Mono<Void> send) {
    TestSubscriber<Void> subscriber = TestSubscriber.create();
    send.subscribe(subscriber);
    return subscriber;
  }

  private static <T> TestSubscriber<T> receiving(Mono<T> receive) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    receive.subscribe(subscriber);
    return subscriber;
  }

  @Nested
  class Rendezvous {

    @Test
    void a_waiting_sender_completes_when_a_late_receiver_takes_its_element() {
      Channel<String> channel = Channel.rendezvous();
      TestSubscriber<Void> sender = sending(channel.send("a"));
      assertThat(sender.isTerminatedComplete()).isFalse();
      assertThat(channel.waitingSenders()).isEqualTo(1);

      StepVerifier.create(channel.receive()).expectNext("a").verifyComplete();

      assertThat(sender.isTerminatedComplete()).isTrue();
      assertThat(channel.waitingSenders()).isZero();
    }

    @Test
    void a_waiting_receiver_gets_the_element_of_a_late_sender() {
      Channel<String> channel = Channel.rendezvous();
      TestSubscriber<String> receiver = receiving(channel.receive());
      assertThat(channel.waitingReceivers()).isEqualTo(1);

      StepVerifier.create(channel.send("a")).verifyComplete();

      assertThat(receiver.getReceivedOnNext()).containsExactly("a");
      assertThat(receiver.isTerminatedComplete()).isTrue();
    }

    @Test
    void trying_to_send_succeeds_only_when_somebody_waits_to_receive() {
      Channel<String> channel = Channel.rendezvous();
      assertThat(channel.trySend("lost")).isEqualTo(SendResult.FULL);
      TestSubscriber<String> receiver = receiving(channel.receive());

      assertThat(channel.trySend("a")).isEqualTo(SendResult.SENT);
      assertThat(channel.trySend("b")).isEqualTo(SendResult.FULL);

      assertThat(receiver.getReceivedOnNext()).containsExactly("a");
      assertThat(channel.size()).isZero();
    }

    @Test
    void trying_to_receive_takes_from_a_waiting_sender() {
      Channel<String> channel = Channel.rendezvous();
      TestSubscriber<Void> sender = sending(channel.send("a"));

      assertThat(channel.tryReceive()).isEqualTo(ReceiveResult.received("a"));
      assertThat(channel.tryReceive().isEmpty()).isTrue();

      assertThat(sender.isTerminatedComplete()).isTrue();
    }
  }

  @Nested
  class Bounded {

    @Test
    void holds_exactly_its_capacity() {
      Channel<Integer> channel = Channel.bounded(3);

      assertThat(IntStream.range(0, 5).mapToObj(channel::trySend))
          .containsExactly(
              SendResult.SENT, SendResult.SENT, SendResult.SENT, SendResult.FULL, SendResult.FULL);
      assertThat(channel.size()).isEqualTo(3);
      assertThat(channel.capacity()).isEqualTo(3);
      assertThat(channel.tryReceive().get()).isZero();
      assertThat(channel.size()).isEqualTo(2);
      assertThat(channel.trySend(5)).isEqualTo(SendResult.SENT);
    }

    @Test
    void waiting_senders_are_let_in_in_the_order_they_came() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.trySend(0);
      List<Integer> letIn = new ArrayList<>();
      for (int i = 1; i <= 5; i++) {
        int number = i;
        channel.send(number).subscribe(null, null, () -> letIn.add(number));
      }

      List<Integer> received = new ArrayList<>();
      for (int i = 0; i <= 5; i++) {
        received.add(channel.tryReceive().get());
        assertThat(letIn).hasSize(Math.min(i + 1, 5));
      }

      assertThat(received).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(letIn).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void waiting_receivers_are_served_in_the_order_they_came() {
      Channel<Integer> channel = Channel.bounded(1);
      List<String> served = new ArrayList<>();
      for (String name : List.of("a", "b", "c")) {
        channel.receive().subscribe(element -> served.add(name + element));
      }

      Flux.range(0, 3).concatMap(channel::send).blockLast();

      assertThat(served).containsExactly("a0", "b1", "c2");
    }

    @Test
    void a_newcomer_never_takes_the_place_of_a_resumed_sender() {
      Channel<String> channel = Channel.bounded(1);
      channel.trySend("first");
      List<SendResult> newcomer = new ArrayList<>();
      channel
          .send("waiting")
          .subscribe(null, null, () -> newcomer.add(channel.trySend("newcomer")));

      assertThat(channel.tryReceive().get()).isEqualTo("first");

      assertThat(newcomer).containsExactly(SendResult.FULL);
      assertThat(channel.tryReceive().get()).isEqualTo("waiting");
      assertThat(channel.tryReceive().isEmpty()).isTrue();
    }

    @Test
    void a_newcomer_is_told_full_while_others_wait() {
      Channel<String> channel = Channel.bounded(1);
      channel.trySend("a");
      sending(channel.send("b"));

      assertThat(channel.trySend("c")).isEqualTo(SendResult.FULL);
      assertThat(channel.size()).isEqualTo(1);
    }

    @Test
    void no_more_than_the_limit_may_wait() {
      Channel<Integer> channel =
          Channel.<Integer>builder()
              .capacity(0)
              .maxWaitingSenders(1)
              .maxWaitingReceivers(1)
              .name("orders")
              .build();
      TestSubscriber<Void> first = sending(channel.send(1));

      StepVerifier.create(channel.send(2))
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(TooManyWaitersException.class)
                      .hasMessageContaining("orders")
                      .hasMessageContaining("1"))
          .verify();
      first.cancel();
      assertThat(channel.waitingSenders()).isZero();
      receiving(channel.receive());
      StepVerifier.create(channel.receive()).verifyError(TooManyWaitersException.class);
      StepVerifier.create(channel.asFlux()).verifyError(TooManyWaitersException.class);
      assertThat(channel.waitingReceivers()).isEqualTo(1);
    }
  }

  @Nested
  class Overflowing {

    @Test
    void a_conflated_channel_keeps_the_latest() {
      Channel<Integer> channel = Channel.conflated();
      for (int i = 0; i < 10; i++) {
        assertThat(channel.trySend(i)).isEqualTo(SendResult.SENT);
      }

      assertThat(channel.size()).isEqualTo(1);
      assertThat(channel.tryReceive().get()).isEqualTo(9);
    }

    @Test
    void drop_oldest_hands_each_displaced_element_to_the_callback() {
      List<Integer> dropped = new ArrayList<>();
      Channel<Integer> channel =
          Channel.<Integer>builder()
              .capacity(2)
              .overflow(Overflow.DROP_OLDEST)
              .onDrop(dropped::add)
              .build();

      Flux.range(0, 5).concatMap(channel::send).blockLast();
      channel.close();

      assertThat(dropped).containsExactly(0, 1, 2);
      StepVerifier.create(channel.asFlux()).expectNext(3, 4).verifyComplete();
    }

    @Test
    void drop_latest_says_so_and_hands_the_element_to_the_callback() {
      List<Integer> dropped = new ArrayList<>();
      Channel<Integer> channel =
          Channel.<Integer>builder()
              .capacity(1)
              .overflow(Overflow.DROP_LATEST)
              .onDrop(dropped::add)
              .build();

      assertThat(channel.trySend(0)).isEqualTo(SendResult.SENT);
      assertThat(channel.trySend(1)).isEqualTo(SendResult.DROPPED);
      StepVerifier.create(channel.send(2)).verifyComplete();

      assertThat(dropped).containsExactly(1, 2);
      assertThat(channel.tryReceive().get()).isZero();
    }

    @Test
    void error_refuses_the_sender() {
      Channel<Integer> channel =
          Channel.<Integer>builder().capacity(1).overflow(Overflow.ERROR).build();

      StepVerifier.create(channel.send(0)).verifyComplete();
      assertThat(channel.trySend(1)).isEqualTo(SendResult.FULL);
      StepVerifier.create(channel.send(1)).verifyError(ChannelOverflowException.class);
      StepVerifier.create(channel.sendAll(Flux.range(0, 3)))
          .verifyError(ChannelOverflowException.class);
    }

    @Test
    void a_drop_callback_that_throws_harms_neither_sender_nor_channel() {
      Channel<Integer> channel =
          Channel.<Integer>builder()
              .capacity(1)
              .overflow(Overflow.DROP_OLDEST)
              .onDrop(
                  element -> {
                    throw new IllegalStateException("callback");
                  })
              .build();

      channel.trySend(0);
      assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
      assertThat(channel.tryReceive().get()).isEqualTo(1);
    }
  }

  @Nested
  class Ending {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 10})
    void what_was_accepted_and_what_waits_to_be_sent_is_received_first(int capacity) {
      Channel<Integer> channel = Channel.bounded(capacity);
      List<TestSubscriber<Void>> senders =
          IntStream.range(0, 5).mapToObj(i -> sending(channel.send(i))).toList();

      assertThat(channel.close()).isTrue();
      assertThat(channel.close()).isFalse();
      assertThat(channel.isClosed()).isTrue();
      assertThat(channel.trySend(9)).isEqualTo(SendResult.CLOSED);
      StepVerifier.create(channel.send(9)).verifyError(ChannelClosedException.class);

      StepVerifier.create(channel.asFlux()).expectNext(0, 1, 2, 3, 4).verifyComplete();
      assertThat(senders).allMatch(TestSubscriber::isTerminatedComplete);
      StepVerifier.create(channel.receive()).verifyComplete();
      assertThat(channel.tryReceive().isClosed()).isTrue();
    }

    @Test
    void a_cause_reaches_receivers_after_the_elements_and_senders_at_once() {
      Channel<Integer> channel = Channel.bounded(2);
      channel.trySend(1);
      IllegalStateException cause = new IllegalStateException("source broke");

      assertThat(channel.close(cause)).isTrue();

      StepVerifier.create(channel.send(2))
          .expectErrorSatisfies(
              error -> assertThat(error).isInstanceOf(ChannelClosedException.class).hasCause(cause))
          .verify();
      StepVerifier.create(channel.asFlux())
          .expectNext(1)
          .expectErrorSatisfies(error -> assertThat(error).isSameAs(cause))
          .verify();
      StepVerifier.create(channel.receive())
          .verifyErrorSatisfies(error -> assertThat(error).isSameAs(cause));
      assertThat(channel.tryReceive()).isEqualTo(ReceiveResult.closed(cause));
    }

    @Test
    void waiting_receivers_of_every_kind_end() {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<Integer> one = receiving(channel.receive());
      TestSubscriber<Integer> timed = receiving(channel.receive(Duration.ofHours(1)));
      TestSubscriber<Delivery<Integer>> delivery = receiving(channel.receiveDelivery());
      TestSubscriber<Integer> all = TestSubscriber.create();
      channel.asFlux().subscribe(all);
      TestSubscriber<Integer> withoutDemand = TestSubscriber.builder().initialRequest(0).build();
      channel.asFlux().subscribe(withoutDemand);

      channel.close();

      assertThat(List.of(one, timed, all, withoutDemand))
          .allMatch(TestSubscriber::isTerminatedComplete);
      assertThat(delivery.isTerminatedComplete()).isTrue();
      assertThat(channel.waitingReceivers()).isZero();
    }

    @Test
    void cancel_discards_every_element_once_and_fails_waiting_senders() {
      List<String> dropped = new ArrayList<>();
      List<String> discarded = new ArrayList<>();
      Channel<String> channel = Channel.<String>builder().capacity(1).onDrop(dropped::add).build();
      channel.send("buffered").doOnDiscard(String.class, x -> discarded.add("1 " + x)).block();
      TestSubscriber<Void> waiting =
          sending(channel.send("waiting").doOnDiscard(String.class, x -> discarded.add("2 " + x)));

      assertThat(channel.cancel()).isTrue();
      assertThat(channel.cancel()).isFalse();

      assertThat(dropped).containsExactly("buffered", "waiting");
      assertThat(discarded).containsExactly("1 buffered", "2 waiting");
      assertThat(waiting.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
      assertThat(channel.size()).isZero();
      StepVerifier.create(channel.asFlux()).verifyComplete();
    }

    @Test
    void close_and_drain_can_be_watched_by_any_number_at_any_time() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.trySend(1);
      TestSubscriber<Void> closed = sending(channel.onClose());
      TestSubscriber<Void> drained = sending(channel.onDrained());
      TestSubscriber<Void> left = sending(channel.onDrained());
      left.cancel();

      channel.close();
      assertThat(closed.isTerminatedComplete()).isTrue();
      assertThat(drained.isTerminatedComplete()).isFalse();
      channel.tryReceive();
      assertThat(drained.isTerminatedComplete()).isTrue();
      assertThat(left.isTerminatedComplete()).isFalse();
      StepVerifier.create(channel.onClose().then(channel.onDrained())).verifyComplete();
    }

    @Test
    void a_million_waiting_receivers_are_released_in_constant_stack() {
      Channel<Integer> channel = Channel.rendezvous();
      AtomicInteger released = new AtomicInteger();
      for (int i = 0; i < 1_000_000; i++) {
        channel.receive().subscribe(null, null, released::incrementAndGet);
      }

      channel.close();

      assertThat(released).hasValue(1_000_000);
    }

    @Test
    void a_chain_of_a_million_hand_overs_needs_constant_stack() {
      Channel<Integer> channel = Channel.rendezvous();
      AtomicInteger last = new AtomicInteger();
      channel
          .asFlux()
          .subscribe(
              number -> {
                last.set(number);
                if (number < 1_000_000) {
                  channel.send(number + 1).subscribe();
                }
              });

      channel.send(1).block();

      assertThat(last).hasValue(1_000_000);
    }
  }

  @Nested
  class Cancelling {

    @Test
    void a_cancelled_receive_takes_nothing() {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<Integer> left = receiving(channel.receive());
      TestSubscriber<Integer> stays = receiving(channel.receive());

      left.cancel();
      assertThat(channel.waitingReceivers()).isEqualTo(1);
      channel.trySend(1);

      assertThat(left.getReceivedOnNext()).isEmpty();
      assertThat(stays.getReceivedOnNext()).containsExactly(1);
    }

    @Test
    void a_cancelled_send_sends_nothing() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.trySend(0);
      TestSubscriber<Void> left = sending(channel.send(1));
      sending(channel.send(2));

      left.cancel();
      assertThat(channel.waitingSenders()).isEqualTo(1);
      channel.close();

      StepVerifier.create(channel.asFlux()).expectNext(0, 2).verifyComplete();
    }

    @Test
    void cancelling_inside_on_subscribe_does_nothing_at_all() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.send(1).subscribe(new CancelAtOnce<>());
      channel.receive().subscribe(new CancelAtOnce<>());
      channel.asFlux().subscribe(new CancelAtOnce<>());
      channel.receiveDelivery().subscribe(new CancelAtOnce<>());
      channel.sendAll(Flux.just(1)).subscribe(new CancelAtOnce<>());

      assertThat(channel.size()).isZero();
      assertThat(channel.waitingSenders()).isZero();
      assertThat(channel.waitingReceivers()).isZero();
      assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
    }

    @Test
    void a_flux_that_is_cancelled_leaves_what_it_has_not_emitted() {
      Channel<Integer> channel = Channel.bounded(8);
      IntStream.range(0, 8).forEach(channel::trySend);

      StepVerifier.create(channel.asFlux().take(3)).expectNext(0, 1, 2).verifyComplete();

      assertThat(channel.size()).isEqualTo(5);
    }

    @Test
    void many_cancelled_waiters_leave_nothing_behind() {
      Channel<Integer> channel = Channel.rendezvous();
      List<Disposable> waiters = new ArrayList<>();
      for (int i = 0; i < 100_000; i++) {
        waiters.add(channel.receive().subscribe());
      }

      waiters.forEach(Disposable::dispose);

      assertThat(channel.waitingReceivers()).isZero();
      assertThat(((DefaultChannel<Integer>) channel).core.state().receivers().size()).isZero();
    }
  }

  private static final class CancelAtOnce<T> extends BaseSubscriber<T> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.cancel();
    }
  }

  @Nested
  class TimingOut {

    @Test
    void a_receive_gives_up_when_its_time_is_over() {
      Channel<Integer> channel = Channel.bounded(1);

      StepVerifier.withVirtualTime(() -> channel.receive(Duration.ofSeconds(5)))
          .expectSubscription()
          .expectNoEvent(Duration.ofSeconds(4))
          .thenAwait(Duration.ofSeconds(1))
          .verifyError(TimeoutException.class);

      assertThat(channel.waitingReceivers()).isZero();
      assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
    }

    @Test
    void a_send_gives_up_when_its_time_is_over() {
      Channel<Integer> channel = Channel.rendezvous();

      StepVerifier.withVirtualTime(() -> channel.send(1, Duration.ofSeconds(5)))
          .expectSubscription()
          .expectNoEvent(Duration.ofSeconds(4))
          .thenAwait(Duration.ofSeconds(1))
          .verifyError(TimeoutException.class);

      assertThat(channel.waitingSenders()).isZero();
      assertThat(channel.tryReceive().isEmpty()).isTrue();
    }

    @Test
    void no_time_at_all_asks_once() {
      Channel<Integer> channel = Channel.bounded(1);

      StepVerifier.create(channel.receive(Duration.ZERO)).verifyError(TimeoutException.class);
      StepVerifier.create(channel.send(1, Duration.ZERO)).verifyComplete();
      StepVerifier.create(channel.send(2, Duration.ZERO)).verifyError(TimeoutException.class);
      StepVerifier.create(channel.receive(Duration.ZERO)).expectNext(1).verifyComplete();
    }

    @Test
    void what_comes_in_time_is_received() {
      Channel<Integer> channel = Channel.bounded(1);

      StepVerifier.withVirtualTime(() -> channel.receive(Duration.ofSeconds(5)))
          .thenAwait(Duration.ofSeconds(4))
          .then(() -> channel.trySend(1))
          .expectNext(1)
          .verifyComplete();
    }
  }

  @Nested
  class AsFlux {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16})
    void takes_only_against_demand(int capacity) {
      Channel<Integer> channel = Channel.bounded(capacity);
      AtomicInteger accepted = new AtomicInteger();
      for (int i = 0; i < 40; i++) {
        channel.send(i).subscribe(null, null, accepted::incrementAndGet);
      }

      StepVerifier.create(channel.asFlux(), 0)
          .then(() -> assertThat(accepted).hasValue(capacity))
          .thenRequest(1)
          .expectNext(0)
          .then(() -> assertThat(accepted).hasValue(capacity + 1))
          .thenRequest(2)
          .expectNext(1, 2)
          .then(() -> assertThat(accepted).hasValue(capacity + 3))
          .thenCancel()
          .verify();
    }

    @Test
    void serves_requests_made_inside_on_next() {
      Channel<Integer> channel = Channel.unbounded();
      int count = 1_000_000;
      for (int i = 0; i < count; i++) {
        channel.trySend(i);
      }
      channel.close();
      AtomicInteger next = new AtomicInteger();

      channel
          .asFlux()
          .subscribe(
              new BaseSubscriber<Integer>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                  request(1);
                }

                @Override
                protected void hookOnNext(Integer value) {
                  assertThat(value).isEqualTo(next.getAndIncrement());
                  request(1);
                }
              });

      assertThat(next).hasValue(count);
    }

    @Test
    void subscribers_share_the_work() {
      Channel<Integer> channel = Channel.bounded(4);
      TestSubscriber<Integer> first = TestSubscriber.builder().initialRequest(2).build();
      TestSubscriber<Integer> second = TestSubscriber.builder().initialRequest(3).build();
      channel.subscribe(first);
      channel.asFlux().subscribe(second);

      for (int i = 0; i < 5; i++) {
        assertThat(channel.trySend(i)).isEqualTo(SendResult.SENT);
      }
      channel.trySend(5);

      assertThat(first.getReceivedOnNext()).hasSize(2);
      assertThat(second.getReceivedOnNext()).hasSize(3);
      assertThat(channel.size()).isEqualTo(1);
    }

    @Test
    void a_receiver_whose_on_next_throws_harms_only_itself() {
      Channel<Integer> channel = Channel.bounded(4);
      channel.subscribe(
          new BaseSubscriber<Integer>() {
            @Override
            protected void hookOnNext(Integer value) {
              throw new IllegalStateException("receiver");
            }
          });
      List<Integer> received = new ArrayList<>();
      channel.asFlux().subscribe(received::add);

      assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
      assertThat(channel.trySend(2)).isEqualTo(SendResult.SENT);
      assertThat(channel.trySend(3)).isEqualTo(SendResult.SENT);

      assertThat(received).containsExactly(2, 3);
    }

    @Test
    void a_receiver_at_work_leaves_what_comes_meanwhile_in_the_channel() {
      Channel<Integer> channel = Channel.bounded(4);
      List<Object> seen = new ArrayList<>();
      channel
          .asFlux()
          .subscribe(
              number -> {
                seen.add(number);
                if (number == 1) {
                  channel.trySend(2);
                  channel.trySend(3);
                  seen.add("size " + channel.size());
                  seen.add("other " + channel.tryReceive().toOptional().orElse(0));
                }
              });

      channel.trySend(1);
      channel.trySend(4);

      assertThat(seen).containsExactly(1, "size 2", "other 2", 3, 4);
      assertThat(channel.waitingReceivers()).isEqualTo(1);
    }

    @Test
    void sending_inside_on_next_of_the_same_channel_is_served_in_order() {
      Channel<Integer> channel = Channel.bounded(2);
      List<Integer> received = new ArrayList<>();
      channel
          .asFlux()
          .subscribe(
              number -> {
                received.add(number);
                if (number < 10) {
                  channel.trySend(number * 10);
                  channel.trySend(number * 10 + 1);
                }
              });

      channel.trySend(1);

      assertThat(received).containsExactly(1, 10, 11);
    }
  }

  @Nested
  class SendAll {

    @Test
    void asks_for_exactly_as_much_as_there_is_room_for() {
      Channel<Integer> channel = Channel.bounded(4);
      TestPublisher<Integer> source = TestPublisher.create();
      AtomicInteger requested = new AtomicInteger();
      TestSubscriber<Long> result =
          receiving(channel.sendAll(source.flux().doOnRequest(n -> requested.addAndGet((int) n))));

      assertThat(requested).hasValue(4);
      source.next(0, 1, 2, 3);
      assertThat(requested).hasValue(4);
      channel.tryReceive();
      assertThat(requested).hasValue(5);
      source.next(4);
      source.complete();

      assertThat(result.getReceivedOnNext()).containsExactly(5L);
      assertThat(channel.size()).isEqualTo(4);
      assertThat(channel.isClosed()).isFalse();
    }

    @Test
    void asks_for_an_element_only_when_a_receiver_waits_if_there_is_no_buffer() {
      Channel<Integer> channel = Channel.rendezvous();
      AtomicInteger requested = new AtomicInteger();
      receiving(
          channel.sendAll(Flux.range(0, 10).hide().doOnRequest(n -> requested.addAndGet((int) n))));
      assertThat(requested).hasValue(0);

      TestSubscriber<Integer> receiver = receiving(channel.receive());

      assertThat(receiver.getReceivedOnNext()).containsExactly(0);
      assertThat(requested).hasValue(1);
    }

    @Test
    void pulls_from_a_source_that_can_be_pulled_no_more_than_there_is_room_for() {
      Channel<Integer> channel = Channel.bounded(4);
      List<Integer> pulled = new ArrayList<>();
      TestSubscriber<Long> result =
          receiving(channel.sendAll(Flux.range(0, 6).doOnNext(pulled::add)));
      assertThat(pulled).containsExactly(0, 1, 2, 3);

      channel.tryReceive();
      assertThat(pulled).containsExactly(0, 1, 2, 3, 4);
      assertThat(result.getReceivedOnNext()).isEmpty();
      channel.tryReceive();

      assertThat(result.getReceivedOnNext()).containsExactly(6L);
      assertThat(channel.size()).isEqualTo(4);
    }

    @Test
    void ends_with_a_source_that_just_fills_the_channel() {
      Channel<Integer> channel = Channel.bounded(4);

      assertThat(receiving(channel.sendAll(Flux.range(0, 4))).getReceivedOnNext())
          .containsExactly(4L);
      assertThat(channel.size()).isEqualTo(4);
    }

    @Test
    void fails_with_a_source_that_fails_to_be_pulled_after_what_came_before() {
      Channel<Integer> channel = Channel.bounded(4);
      IllegalStateException failure = new IllegalStateException("source");
      Flux<Integer> source =
          Flux.range(0, 3)
              .map(
                  number -> {
                    if (number == 2) {
                      throw failure;
                    }
                    return number;
                  });

      assertThat(receiving(channel.sendAll(source)).expectTerminalError()).isSameAs(failure);
      assertThat(channel.size()).isEqualTo(2);
    }

    @Test
    void asks_again_when_half_of_a_large_capacity_is_free() {
      Channel<Integer> channel = Channel.bounded(64);
      List<Integer> pulled = new ArrayList<>();
      receiving(channel.sendAll(Flux.range(0, 1_000).doOnNext(pulled::add)));
      assertThat(pulled).hasSize(64);

      for (int i = 0; i < 31; i++) {
        channel.tryReceive();
      }
      assertThat(pulled).hasSize(64);
      channel.tryReceive();

      assertThat(pulled).hasSize(96);
      assertThat(channel.size()).isEqualTo(64);
    }

    @Test
    void asks_again_at_once_when_somebody_else_takes_the_room() {
      Channel<Integer> channel = Channel.bounded(64);
      receiving(channel.sendAll(Flux.range(0, 1_000)));
      channel.tryReceive();
      channel.tryReceive();

      assertThat(channel.trySend(-1)).isEqualTo(SendResult.SENT);

      assertThat(channel.size()).isEqualTo(64);
      assertThat(channel.trySend(-2)).isEqualTo(SendResult.FULL);
    }

    @Test
    void a_source_that_was_told_of_room_and_left_lets_the_next_one_know() {
      Channel<Integer> channel = Channel.bounded(16);
      TestPublisher<Integer> idle = TestPublisher.create();
      for (int i = 0; i < 16; i++) {
        channel.trySend(-1);
      }
      receiving(channel.sendAll(idle.flux()));
      receiving(channel.sendAll(Flux.range(0, 3)));

      for (int i = 0; i < 16; i++) {
        channel.tryReceive();
      }

      assertThat(channel.size()).isEqualTo(3);
    }

    @Test
    void sends_a_million_elements_to_a_slow_asker() {
      Channel<Integer> channel = Channel.bounded(16);
      Mono<Long> sent = channel.sendAll(Flux.range(0, 1_000_000)).doOnSuccess(n -> channel.close());

      StepVerifier.create(
              Mono.zip(sent, channel.asFlux().limitRate(1).count())
                  .map(both -> List.of(both.getT1(), both.getT2())))
          .expectNext(List.of(1_000_000L, 1_000_000L))
          .verifyComplete();
    }

    @Test
    void passes_the_error_of_its_source_after_the_elements_before_it() {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<Long> result =
          receiving(
              channel.sendAll(
                  Flux.range(0, 3).concatWith(Mono.error(new IllegalStateException("source")))));

      assertThat(result.isTerminated()).isFalse();
      assertThat(IntStream.range(0, 3).mapToObj(i -> channel.tryReceive().get()))
          .containsExactly(0, 1, 2);
      assertThat(result.expectTerminalError()).hasMessage("source");
    }

    @Test
    void fails_and_cancels_its_source_when_the_channel_is_closed() {
      Channel<Integer> channel = Channel.bounded(1);
      TestPublisher<Integer> source = TestPublisher.create();
      TestSubscriber<Long> result = receiving(channel.sendAll(source));
      source.next(1);

      channel.close();

      assertThat(result.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
      source.assertCancelled();
      StepVerifier.create(channel.asFlux()).expectNext(1).verifyComplete();
    }

    @Test
    void fails_at_once_when_the_channel_is_closed_though_its_source_is_silent() {
      Channel<Integer> channel = Channel.bounded(4);
      TestPublisher<Integer> source = TestPublisher.create();
      TestSubscriber<Long> result = receiving(channel.sendAll(source));

      channel.close();

      assertThat(result.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
      source.assertCancelled();
    }

    @Test
    void what_waits_to_be_sent_is_sent_though_the_channel_is_closed() {
      Channel<Integer> channel = Channel.rendezvous();
      TestPublisher<Integer> source =
          TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
      TestSubscriber<Long> result = receiving(channel.sendAll(source));
      source.next(1);
      channel.close();
      assertThat(result.isTerminated()).isFalse();

      assertThat(channel.tryReceive().get()).isEqualTo(1);

      assertThat(result.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
    }

    @Test
    void cancelled_it_discards_what_it_could_not_send() {
      Channel<Integer> channel = Channel.bounded(1);
      List<Integer> discarded = new ArrayList<>();
      TestPublisher<Integer> source =
          TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
      TestSubscriber<Long> result =
          receiving(channel.sendAll(source).doOnDiscard(Integer.class, discarded::add));
      source.next(1, 2, 3);

      result.cancel();

      source.assertCancelled();
      assertThat(discarded).containsExactlyInAnyOrder(2, 3);
      assertThat(channel.size()).isEqualTo(1);
      assertThat(channel.waitingSenders()).isZero();
    }

    @Test
    void as_a_subscriber_it_closes_the_channel_with_its_source() {
      Channel<Integer> channel = Channel.bounded(2);
      Flux.range(0, 5).subscribe(channel.asSubscriber());
      StepVerifier.create(channel.asFlux()).expectNext(0, 1, 2, 3, 4).verifyComplete();

      Channel<Integer> failing = Channel.bounded(2);
      Flux.<Integer>error(new IllegalStateException("source")).subscribe(failing.asSubscriber());
      StepVerifier.create(failing.asFlux()).verifyErrorMessage("source");
    }
  }

  @Nested
  class Deliveries {

    @Test
    void an_acknowledged_element_is_gone_and_its_place_free() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.trySend(1);
      TestSubscriber<Void> sender = sending(channel.send(2));

      Delivery<Integer> delivery = channel.receiveDelivery().block();
      assertThat(delivery.value()).isEqualTo(1);
      assertThat(channel.size()).isZero();
      assertThat(sender.isTerminatedComplete()).isFalse();
      assertThat(delivery.acknowledge()).isTrue();
      assertThat(delivery.acknowledge()).isFalse();
      assertThat(delivery.giveBack()).isFalse();

      assertThat(sender.isTerminatedComplete()).isTrue();
      assertThat(channel.tryReceive().get()).isEqualTo(2);
    }

    @Test
    void an_element_given_back_is_the_next_to_be_received() {
      Channel<Integer> channel = Channel.bounded(3);
      IntStream.range(0, 3).forEach(channel::trySend);

      Delivery<Integer> delivery = channel.receiveDelivery().block();
      channel.close();
      assertThat(delivery.giveBack()).isTrue();

      StepVerifier.create(channel.asFlux()).expectNext(0, 1, 2).verifyComplete();
    }

    @Test
    void cancelling_before_acknowledging_gives_back() {
      Channel<Integer> channel = Channel.bounded(3);
      IntStream.range(0, 3).forEach(channel::trySend);
      TestSubscriber<Integer> worker =
          receiving(channel.receiveDelivery().flatMap(delivery -> Mono.never()));

      assertThat(channel.size()).isEqualTo(2);
      worker.cancel();

      assertThat(channel.tryReceive().get()).isZero();
    }

    @Test
    void a_closed_channel_ends_only_when_nothing_is_on_loan() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.trySend(1);
      Delivery<Integer> delivery = channel.receiveDelivery().block();
      TestSubscriber<Integer> waiting = receiving(channel.receive());

      channel.close();
      assertThat(waiting.isTerminated()).isFalse();
      delivery.acknowledge();

      assertThat(waiting.isTerminatedComplete()).isTrue();
    }

    @Test
    void one_that_had_to_wait_is_on_loan_too() {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<Delivery<Integer>> receiver = receiving(channel.receiveDelivery());
      channel.trySend(1);

      assertThat(channel.trySend(2)).isEqualTo(SendResult.FULL);
      receiver.getReceivedOnNext().get(0).acknowledge();
      assertThat(channel.trySend(2)).isEqualTo(SendResult.SENT);
    }
  }

  @Nested
  class AsSink {

    @Test
    void tells_the_truth_in_the_words_of_sinks() {
      Channel<Integer> channel = Channel.bounded(1);
      Sinks.Many<Integer> sink = channel.asSink();

      assertThat(sink.tryEmitNext(1)).isEqualTo(Sinks.EmitResult.OK);
      assertThat(sink.tryEmitNext(2)).isEqualTo(Sinks.EmitResult.FAIL_OVERFLOW);
      assertThat(sink.tryEmitComplete()).isEqualTo(Sinks.EmitResult.OK);
      assertThat(sink.tryEmitNext(3)).isEqualTo(Sinks.EmitResult.FAIL_TERMINATED);
      channel.cancel();
      assertThat(sink.tryEmitNext(4)).isEqualTo(Sinks.EmitResult.FAIL_CANCELLED);
      StepVerifier.create(sink.asFlux()).verifyComplete();
    }

    @Test
    void an_error_closes_the_channel_with_it() {
      Channel<Integer> channel = Channel.bounded(1);
      channel.asSink().emitNext(1, Sinks.EmitFailureHandler.FAIL_FAST);
      channel
          .asSink()
          .emitError(new IllegalStateException("emitted"), Sinks.EmitFailureHandler.FAIL_FAST);

      StepVerifier.create(channel.asFlux()).expectNext(1).verifyErrorMessage("emitted");
    }
  }

  @Nested
  class BadArguments {

    @Test
    @SuppressWarnings("NullAway") // that is the point
    void are_named_with_their_value() {
      Channel<Integer> channel = Channel.bounded(1);
      assertThatThrownBy(() -> Channel.bounded(-1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("capacity")
          .hasMessageContaining("-1");
      assertThatThrownBy(() -> channel.send(null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("element");
      assertThatThrownBy(() -> channel.trySend(null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("element");
      assertThatThrownBy(() -> channel.receive(Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("timeout")
          .hasMessageContaining("PT-1S");
      assertThatThrownBy(() -> channel.send(1, null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("timeout");
      assertThatThrownBy(() -> channel.send(1, Duration.ofSeconds(Long.MAX_VALUE)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("timeout");
      assertThatThrownBy(() -> channel.close(null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("cause");
      assertThatThrownBy(() -> channel.sendAll(null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("source");
      assertThatThrownBy(
              () -> Channel.<Integer>builder().capacity(0).overflow(Overflow.DROP_OLDEST).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("DROP_OLDEST");
      assertThatThrownBy(() -> Channel.builder().maxWaitingSenders(-2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("maxWaitingSenders")
          .hasMessageContaining("-2");
    }

    @Test
    void a_capacity_of_zero_is_a_rendezvous_and_the_greatest_is_unbounded() {
      assertThat(Channel.bounded(0).capacity()).isZero();
      assertThat(Channel.bounded(Integer.MAX_VALUE).capacity()).isEqualTo(Integer.MAX_VALUE);
    }
  }

  @Test
  void each_subscription_is_an_operation_of_its_own() {
    Channel<Integer> channel = Channel.bounded(4);
    Mono<Void> send = channel.send(7);
    assertThat(channel.size()).isZero();

    send.block();
    send.block();

    assertThat(channel.size()).isEqualTo(2);
  }

  @Test
  void a_subscriber_sees_no_signal_of_a_send_it_cancelled_while_it_was_let_in() {
    Channel<Integer> channel = Channel.bounded(1);
    channel.trySend(0);
    AtomicReference<Disposable> second = new AtomicReference<>();
    AtomicInteger completed = new AtomicInteger();
    channel.send(1).subscribe(null, null, () -> second.get().dispose());
    second.set(channel.send(2).subscribe(null, null, completed::incrementAndGet));

    // One change lets both in; the first one's signal cancels the second before its own signal
    // comes.
    channel.cancel();

    assertThat(completed).hasValue(0);
  }
}
