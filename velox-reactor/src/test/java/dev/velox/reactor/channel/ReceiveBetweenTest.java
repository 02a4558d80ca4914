package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.TooManyWaitersException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class ReceiveBetweenTest {

  private static final int RACES = 2_000;

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  private static Channel<Integer> holding(int capacity, int... elements) {
    Channel<Integer> channel = Channel.bounded(capacity);
    for (int element : elements) {
      channel.send(element).subscribe();
    }
    return channel;
  }

  @Test
  void takes_what_is_there_if_it_is_enough() {
    Channel<Integer> channel = holding(8, 1, 2, 3);

    assertThat(channel.receiveBetween(2, 5).block()).containsExactly(1, 2, 3);
    assertThat(channel.size()).isZero();
  }

  @Test
  void takes_no_more_than_the_limit() {
    Channel<Integer> channel = holding(8, 1, 2, 3);

    assertThat(channel.receiveBetween(1, 2).block()).containsExactly(1, 2);
    assertThat(channel.tryReceive().get()).isEqualTo(3);
  }

  @Test
  void takes_nothing_before_it_is_asked() {
    Channel<Integer> channel = holding(8, 1);
    TestSubscriber<List<Integer>> subscriber = TestSubscriber.builder().initialRequest(0).build();
    channel.receiveBetween(0, 3).subscribe(subscriber);
    assertThat(channel.size()).isEqualTo(1);

    subscriber.request(1);

    assertThat(subscriber.getReceivedOnNext()).containsExactly(List.of(1));
  }

  @Test
  void with_a_minimum_of_none_an_empty_channel_gives_an_empty_list() {
    assertThat(holding(1).receiveBetween(0, 3).block()).isEmpty();
  }

  @Test
  void waits_until_there_are_enough_and_then_takes_these() {
    Channel<Integer> channel = holding(8, 1);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 5));
    assertThat(channel.waitingReceivers()).isEqualTo(1);
    channel.trySend(2);
    assertThat(waiting.getReceivedOnNext()).isEmpty();

    channel.trySend(3);
    channel.trySend(4);

    assertThat(waiting.getReceivedOnNext()).containsExactly(List.of(1, 2, 3));
    assertThat(waiting.isTerminatedComplete()).isTrue();
    assertThat(channel.waitingReceivers()).isZero();
    assertThat(channel.tryReceive().get()).isEqualTo(4);
  }

  @Test
  void takes_the_elements_of_senders_that_wait() {
    for (int capacity : new int[] {0, 1, 2}) {
      Channel<Integer> channel = holding(capacity, 1, 2, 3, 4, 5);

      assertThat(channel.receiveBetween(4, 4).block()).containsExactly(1, 2, 3, 4);
      assertThat(channel.tryReceive().get()).isEqualTo(5);
      assertThat(channel.waitingSenders()).isZero();
    }
  }

  @Test
  void may_wait_for_more_than_the_capacity() {
    Channel<Integer> channel = Channel.bounded(1);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(100, 100));

    assertThat(channel.sendAll(Flux.range(0, 100)).block()).isEqualTo(100);

    assertThat(waiting.getReceivedOnNext())
        .containsExactly(IntStream.range(0, 100).boxed().toList());
  }

  @Test
  void nobody_who_came_later_gets_what_it_gathers() {
    Channel<Integer> channel = holding(8, 1);
    TestSubscriber<List<Integer>> first = subscribe(channel.receiveBetween(3, 3));
    TestSubscriber<Integer> second = subscribe(channel.receive());
    TestSubscriber<List<Integer>> third = subscribe(channel.receiveBetween(2, 2));
    assertThat(channel.tryReceive().isEmpty()).isTrue();

    for (int i = 2; i <= 6; i++) {
      channel.trySend(i);
    }

    assertThat(first.getReceivedOnNext()).containsExactly(List.of(1, 2, 3));
    assertThat(second.getReceivedOnNext()).containsExactly(4);
    assertThat(third.getReceivedOnNext()).containsExactly(List.of(5, 6));
  }

  @Test
  void cancelled_it_gives_back_what_it_had_gathered_in_order() {
    Channel<Integer> channel = holding(2, 1, 2, 3);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(5, 5));
    channel.trySend(4);
    assertThat(channel.size()).isZero();

    waiting.cancel();

    assertThat(channel.waitingReceivers()).isZero();
    assertThat(channel.size()).isEqualTo(4);
    assertThat(channel.trySend(9)).isEqualTo(SendResult.FULL);
    assertThat(channel.asFlux().take(4).collectList().block()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void cancelled_it_gives_what_it_had_to_those_behind_it() {
    Channel<Integer> channel = holding(8, 1, 2, 3);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(5, 5));
    TestSubscriber<Integer> second = subscribe(channel.receive());
    TestSubscriber<List<Integer>> third = subscribe(channel.receiveBetween(3, 3));

    waiting.cancel();
    assertThat(second.getReceivedOnNext()).containsExactly(1);
    channel.trySend(4);

    assertThat(third.getReceivedOnNext()).containsExactly(List.of(2, 3, 4));
  }

  @Test
  void a_close_lets_it_have_fewer() {
    Channel<Integer> channel = holding(8, 1);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 3));
    TestSubscriber<List<Integer>> second = subscribe(channel.receiveBetween(1, 3));

    channel.close();

    assertThat(waiting.getReceivedOnNext()).containsExactly(List.of(1));
    assertThat(second.isTerminatedComplete()).isTrue();
    assertThat(second.getReceivedOnNext()).isEmpty();
  }

  @Test
  void after_the_end_it_takes_what_is_left_and_then_ends_too() {
    Channel<Integer> channel = holding(8, 1, 2);
    IllegalStateException cause = new IllegalStateException("over");
    channel.close(cause);

    assertThat(channel.receiveBetween(3, 8).block()).containsExactly(1, 2);
    StepVerifier.create(channel.receiveBetween(0, 8))
        .verifyErrorSatisfies(e -> assertThat(e).isSameAs(cause));
    StepVerifier.create(channel.receiveBetween(1, 8))
        .verifyErrorSatisfies(e -> assertThat(e).isSameAs(cause));
  }

  @Test
  void a_cancelled_channel_leaves_it_what_it_has() {
    Channel<Integer> channel = holding(8, 1);
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 3));

    channel.cancel();

    assertThat(waiting.getReceivedOnNext()).containsExactly(List.of(1));
  }

  @Test
  void a_delivery_that_is_given_back_goes_to_it_and_frees_its_place() {
    Channel<Integer> channel = holding(1, 1, 2);
    Delivery<Integer> delivery = channel.receiveDelivery().block();
    assertThat(delivery).isNotNull();
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 3));

    delivery.giveBack();
    channel.trySend(3);

    assertThat(waiting.getReceivedOnNext()).containsExactly(List.of(2, 1, 3));
    assertThat(channel.trySend(4)).isEqualTo(SendResult.SENT);
  }

  @Test
  void no_more_wait_than_may() {
    Channel<Integer> channel =
        Channel.<Integer>builder().capacity(4).maxWaitingReceivers(1).build();
    TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(2, 2));

    StepVerifier.create(channel.receiveBetween(2, 2)).verifyError(TooManyWaitersException.class);

    assertThat(channel.waitingReceivers()).isEqualTo(1);
    waiting.cancel();
    assertThat(channel.waitingReceivers()).isZero();
  }

  @Test
  void peek_leaves_the_first_where_it_is() {
    Channel<Integer> channel = holding(8, 1, 2);

    assertThat(channel.peek()).contains(1);
    assertThat(channel.peek()).contains(1);
    assertThat(channel.tryReceive().get()).isEqualTo(1);
    assertThat(channel.peek()).contains(2);
    assertThat(holding(8).peek()).isEmpty();
  }

  @Test
  void a_cancellation_meets_the_last_element_and_nothing_is_lost() {
    cancelledAsItFills(RACES);
  }

  @Tag("stress")
  @Test
  void a_cancellation_meets_the_last_element_and_nothing_is_ever_lost() {
    cancelledAsItFills(100_000);
  }

  private static void cancelledAsItFills(int races) {
    for (int i = 0; i < races; i++) {
      Channel<Integer> channel = holding(2, 1);
      TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 3));

      RaceTestUtils.race(
          waiting::cancel, () -> channel.send(2).subscribe(), () -> channel.send(3).subscribe());

      List<Integer> all = new ArrayList<>();
      waiting.getReceivedOnNext().forEach(all::addAll);
      all.addAll(channel.receiveBetween(0, 9).block());
      assertThat(all).containsExactlyInAnyOrder(1, 2, 3);
      assertThat(channel.waitingReceivers()).isZero();
      assertThat(channel.waitingSenders()).isZero();
    }
  }

  @Test
  void a_cancellation_meets_the_start_and_nothing_is_lost() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = holding(1, 1, 2, 3);
      TestSubscriber<List<Integer>> starting = TestSubscriber.builder().initialRequest(0).build();
      channel.receiveBetween(4, 4).subscribe(starting);

      RaceTestUtils.race(
          () -> starting.request(1), starting::cancel, () -> channel.send(4).subscribe());

      List<Integer> all = new ArrayList<>();
      starting.getReceivedOnNext().forEach(all::addAll);
      all.addAll(channel.receiveBetween(0, 9).block());
      assertThat(all).containsExactlyInAnyOrder(1, 2, 3, 4);
      assertThat(channel.waitingReceivers()).isZero();
    }
  }

  @Test
  void a_close_meets_the_elements_and_nothing_is_lost() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(4);
      TestSubscriber<List<Integer>> waiting = subscribe(channel.receiveBetween(3, 3));
      Queue<Integer> accepted = new ConcurrentLinkedQueue<>();

      RaceTestUtils.race(
          channel::close, () -> offer(channel, 1, accepted), () -> offer(channel, 2, accepted));

      List<Integer> received = new ArrayList<>();
      waiting.getReceivedOnNext().forEach(received::addAll);
      assertThat(received).containsExactlyInAnyOrderElementsOf(accepted);
      assertThat(waiting.isTerminatedComplete()).isTrue();
    }
  }

  private static void offer(Channel<Integer> channel, int element, Queue<Integer> accepted) {
    if (channel.trySend(element).isSent()) {
      accepted.add(element);
    }
  }

  @Test
  void two_that_gather_and_two_that_send_meet_and_each_gets_its_share() {
    for (int i = 0; i < RACES; i++) {
      Channel<Integer> channel = Channel.bounded(1);
      TestSubscriber<List<Integer>> one = TestSubscriber.create();
      TestSubscriber<List<Integer>> other = TestSubscriber.create();

      RaceTestUtils.race(
          () -> channel.receiveBetween(2, 2).subscribe(one),
          () -> channel.receiveBetween(2, 2).subscribe(other),
          () -> channel.sendAll(Flux.just(1, 2)).subscribe(),
          () -> channel.sendAll(Flux.just(3, 4)).subscribe());

      List<Integer> all = new ArrayList<>(one.getReceivedOnNext().get(0));
      all.addAll(other.getReceivedOnNext().get(0));
      assertThat(all).containsExactlyInAnyOrder(1, 2, 3, 4);
    }
  }
}
