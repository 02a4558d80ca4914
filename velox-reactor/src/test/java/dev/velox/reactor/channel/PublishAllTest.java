package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class PublishAllTest {

  private final ConcurrentLinkedQueue<Object> discarded = new ConcurrentLinkedQueue<>();

  private static Broadcast<Integer> withRoomForOne() {
    return Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
  }

  private static TestSubscriber<Integer> subscriber(Broadcast<Integer> broadcast, long demand) {
    TestSubscriber<Integer> subscriber = TestSubscriber.builder().initialRequest(demand).build();
    broadcast.subscribe(subscriber);
    return subscriber;
  }

  private TestSubscriber<Long> publishing(Broadcast<Integer> broadcast, Flux<Integer> source) {
    TestSubscriber<Long> publishing = TestSubscriber.create();
    broadcast.publishAll(source).doOnDiscard(Integer.class, discarded::add).subscribe(publishing);
    return publishing;
  }

  private static Flux<Integer> source(boolean pulled, int count) {
    Flux<Integer> source = Flux.range(0, count);
    return pulled ? source : source.hide();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_long_source_is_published_in_order_in_constant_stack(boolean pulled) {
    Broadcast<Integer> broadcast = withRoomForOne();
    TestSubscriber<Integer> one = subscriber(broadcast, Long.MAX_VALUE);
    TestSubscriber<Integer> other = subscriber(broadcast, Long.MAX_VALUE);

    StepVerifier.create(broadcast.publishAll(source(pulled, 100_000)))
        .expectNext(100_000L)
        .verifyComplete();

    assertThat(one.getReceivedOnNext()).hasSize(100_000).isSorted();
    assertThat(other.getReceivedOnNext()).isEqualTo(one.getReceivedOnNext());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_next_is_taken_when_the_one_before_is_published(boolean pulled) {
    Broadcast<Integer> broadcast = withRoomForOne();
    TestSubscriber<Integer> slow = subscriber(broadcast, 0);
    ConcurrentLinkedQueue<Integer> taken = new ConcurrentLinkedQueue<>();
    TestSubscriber<Long> publishing =
        publishing(broadcast, source(pulled, 10).map(n -> take(n, taken)));

    assertThat(taken).containsExactly(0, 1);
    slow.request(2);
    assertThat(taken).containsExactly(0, 1, 2, 3);
    slow.request(20);
    assertThat(publishing.getReceivedOnNext()).containsExactly(10L);
    assertThat(discarded).isEmpty();
  }

  private static Integer take(Integer element, ConcurrentLinkedQueue<Integer> taken) {
    taken.add(element);
    return element;
  }

  @Test
  void an_error_of_the_source_does_not_wait_in_line() {
    Broadcast<Integer> broadcast = withRoomForOne();
    TestSubscriber<Integer> slow = subscriber(broadcast, 0);
    TestPublisher<Integer> source = TestPublisher.create();
    TestSubscriber<Long> publishing = publishing(broadcast, source.flux());
    source.next(0);
    source.next(1);

    source.error(new IllegalStateException("source"));

    assertThat(publishing.expectTerminalError()).hasMessage("source");
    assertThat(broadcast.waitingPublishers()).isZero();
    slow.request(5);
    assertThat(slow.getReceivedOnNext()).containsExactly(0);
    assertThat(discarded).containsExactly(1);
    source.assertWasNotCancelled();
  }

  @Test
  void a_closed_broadcast_cancels_the_source() {
    Broadcast<Integer> broadcast = withRoomForOne();
    broadcast.close();
    TestPublisher<Integer> source = TestPublisher.create();
    TestSubscriber<Long> publishing = publishing(broadcast, source.flux());

    source.next(0);

    assertThat(publishing.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
    source.assertCancelled();
    assertThat(discarded).containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cancelled_as_room_comes_every_element_is_published_or_discarded(boolean pulled) {
    for (int i = 0; i < 3_000; i++) {
      discarded.clear();
      Broadcast<Integer> broadcast = withRoomForOne();
      TestSubscriber<Integer> slow = subscriber(broadcast, 0);
      TestSubscriber<Long> publishing = publishing(broadcast, source(pulled, 2));

      RaceTestUtils.race(publishing::cancel, () -> slow.request(5));

      assertThat(slow.getReceivedOnNext().size() + discarded.size()).isEqualTo(2);
      assertThat(broadcast.waitingPublishers()).isZero();
    }
  }

  @Test
  void cancelled_together_with_the_broadcast_the_waiting_element_is_discarded_once() {
    for (int i = 0; i < 3_000; i++) {
      discarded.clear();
      Broadcast<Integer> broadcast = withRoomForOne();
      subscriber(broadcast, 0);
      TestSubscriber<Long> publishing = publishing(broadcast, source(false, 2));

      RaceTestUtils.race(publishing::cancel, broadcast::cancel);

      assertThat(List.copyOf(discarded)).isEqualTo(List.of(1));
      assertThat(broadcast.waitingPublishers()).isZero();
    }
  }

  /** Sources that have their elements at hand, so that several are published by one step. */
  private static List<Flux<Integer>> atHand(int count) {
    return List.of(
        Flux.range(0, count),
        Flux.fromArray(IntStream.range(0, count).boxed().toArray(Integer[]::new)),
        Flux.fromIterable(IntStream.range(0, count).boxed().toList()));
  }

  private static Broadcast<Integer> withRoomFor(int elements) {
    return Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, elements).build();
  }

  @Test
  void what_is_at_hand_is_published_as_far_as_the_slowest_has_room() {
    for (Flux<Integer> source : atHand(1_000)) {
      Broadcast<Integer> broadcast = withRoomFor(100);
      TestSubscriber<Integer> quick = subscriber(broadcast, Long.MAX_VALUE);
      TestSubscriber<Integer> slow = subscriber(broadcast, 0);
      TestSubscriber<Long> publishing = publishing(broadcast, source);

      assertThat(quick.getReceivedOnNext()).hasSize(100);
      for (int asked = 7; asked < 900; asked += 7) {
        slow.request(7);
        assertThat(slow.getReceivedOnNext()).hasSize(asked);
        assertThat(quick.getReceivedOnNext()).hasSize(100 + asked);
      }
      assertThat(publishing.isTerminated()).isFalse();
      slow.request(Long.MAX_VALUE);

      assertThat(publishing.getReceivedOnNext()).containsExactly(1_000L);
      assertThat(slow.getReceivedOnNext()).hasSize(1_000).isSorted();
      assertThat(quick.getReceivedOnNext()).isEqualTo(slow.getReceivedOnNext());
    }
  }

  @ParameterizedTest
  @EnumSource(SlowSubscriber.class)
  void who_keeps_up_gets_all_of_what_is_at_hand_whatever_its_policy(SlowSubscriber policy) {
    for (int buffer : new int[] {1, 2, 8, 256}) {
      for (Flux<Integer> source : atHand(500)) {
        Broadcast<Integer> broadcast = Broadcast.create();
        TestSubscriber<Integer> one = TestSubscriber.create();
        broadcast.asFlux(policy, buffer).subscribe(one);

        assertThat(publishing(broadcast, source).getReceivedOnNext()).containsExactly(500L);

        assertThat(one.getReceivedOnNext()).hasSize(500).isSorted();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 63, 64, 65, 200})
  void a_late_subscriber_gets_the_last_elements_of_what_was_published_by_one_step(int replay) {
    for (Flux<Integer> source : atHand(150)) {
      Broadcast<Integer> broadcast = Broadcast.<Integer>builder().replay(replay).build();
      TestSubscriber<Integer> early = subscriber(broadcast, Long.MAX_VALUE);
      TestSubscriber<Long> ignored = publishing(broadcast, source);
      TestSubscriber<Integer> late = subscriber(broadcast, Long.MAX_VALUE);
      broadcast.tryPublish(150);

      int first = Math.max(0, 150 - replay);
      assertThat(late.getReceivedOnNext())
          .isEqualTo(IntStream.rangeClosed(first, 150).boxed().toList());
      assertThat(early.getReceivedOnNext()).hasSize(151).isSorted();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cancels", "throws", "cancels the broadcast"})
  void who_ends_amid_what_was_published_by_one_step_gets_no_more(String end) {
    for (Flux<Integer> source : atHand(50)) {
      Broadcast<Integer> broadcast = withRoomFor(100);
      List<Integer> seen = new ArrayList<>();
      broadcast.subscribe(
          new BaseSubscriber<Integer>() {
            @Override
            protected void hookOnNext(Integer element) {
              seen.add(element);
              if (element == 20) {
                switch (end) {
                  case "cancels" -> cancel();
                  case "throws" -> throw new IllegalStateException("subscriber");
                  default -> broadcast.cancel();
                }
              }
            }
          });
      TestSubscriber<Integer> other = subscriber(broadcast, Long.MAX_VALUE);

      TestSubscriber<Long> publishing = publishing(broadcast, source);

      assertThat(publishing.getReceivedOnNext()).containsExactly(50L);
      assertThat(seen).hasSize(21).isSorted();
      assertThat(other.getReceivedOnNext()).hasSize(broadcast.isClosed() ? 0 : 50).isSorted();
    }
  }

  @Test
  void what_a_function_makes_is_made_when_the_element_before_is_published() {
    Broadcast<Integer> broadcast = withRoomFor(100);
    AtomicInteger seen = new AtomicInteger();
    broadcast.asFlux().subscribe(element -> seen.incrementAndGet());
    for (Flux<Integer> source : atHand(50)) {
      seen.set(0);
      TestSubscriber<Long> publishing =
          publishing(
              broadcast,
              source.map(
                  element -> {
                    // One that waits for others to see what it has made before must not wait.
                    assertThat(seen).hasValue(element);
                    return element;
                  }));
      assertThat(publishing.getReceivedOnNext()).containsExactly(50L);
    }
  }

  @Test
  void an_error_of_the_source_comes_after_what_was_taken_before() {
    Broadcast<Integer> broadcast = withRoomFor(4);
    TestSubscriber<Integer> slow = subscriber(broadcast, 0);
    Iterable<Integer> failing =
        new AbstractList<>() {
          @Override
          public Integer get(int index) {
            if (index == 6) {
              throw new IllegalStateException("source");
            }
            return index;
          }

          @Override
          public int size() {
            return 10;
          }
        };
    TestSubscriber<Long> publishing = publishing(broadcast, Flux.fromIterable(failing));
    assertThat(publishing.isTerminated()).isFalse();

    slow.request(20);

    assertThat(publishing.expectTerminalError()).hasMessage("source");
    assertThat(slow.getReceivedOnNext()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(discarded).isEmpty();
  }

  @Test
  void closed_or_cancelled_as_much_is_published_and_the_rest_discarded_once() {
    for (int i = 0; i < 2_000; i++) {
      discarded.clear();
      int round = i;
      Broadcast<Integer> broadcast = withRoomFor(8);
      TestSubscriber<Integer> one = subscriber(broadcast, Long.MAX_VALUE);
      TestSubscriber<Integer> other = subscriber(broadcast, 5);
      AtomicInteger taken = new AtomicInteger();
      List<Integer> source = counted(100, taken);
      TestSubscriber<Long> publishing = TestSubscriber.create();

      RaceTestUtils.race(
          () ->
              broadcast
                  .publishAll(Flux.fromIterable(source))
                  .doOnDiscard(Integer.class, discarded::add)
                  .subscribe(publishing),
          () -> {
            if (round % 2 == 0) {
              publishing.cancel();
            } else {
              broadcast.close();
            }
          },
          () -> other.request(60));
      other.request(Long.MAX_VALUE);

      List<Integer> accounted = new ArrayList<>(one.getReceivedOnNext());
      discarded.forEach(element -> accounted.add((Integer) element));
      // A list that is cancelled discards the rest of itself, which counts as taken.
      assertThat(accounted)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, taken.get()).boxed().toList());
      assertThat(one.getReceivedOnNext()).isSorted();
      assertThat(other.getReceivedOnNext()).isEqualTo(one.getReceivedOnNext());
      assertThat(broadcast.waitingPublishers()).isZero();
    }
  }

  /** A list that tells how many of its elements have been taken. */
  private static List<Integer> counted(int size, AtomicInteger taken) {
    return new AbstractList<>() {
      @Override
      public Integer get(int index) {
        taken.set(index + 1);
        return index;
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  @Test
  void all_subscribers_see_the_runs_of_racing_publishers_in_one_order() {
    for (int i = 0; i < 500; i++) {
      Broadcast<Integer> broadcast = withRoomFor(16);
      TestSubscriber<Integer> one = subscriber(broadcast, Long.MAX_VALUE);
      TestSubscriber<Integer> other = subscriber(broadcast, Long.MAX_VALUE);
      TestSubscriber<Integer> late = TestSubscriber.create();

      RaceTestUtils.race(
          () -> publishing(broadcast, Flux.range(0, 100)),
          () -> publishing(broadcast, Flux.range(1_000, 100)),
          () -> {
            for (int n = 2_000; n < 2_020; n++) {
              broadcast.publish(n).subscribe();
            }
          },
          () -> broadcast.asFlux().subscribe(late));

      List<Integer> seen = one.getReceivedOnNext();
      assertThat(seen).hasSize(220).isEqualTo(other.getReceivedOnNext());
      for (int publisher = 0; publisher < 3; publisher++) {
        int from = 1_000 * publisher;
        assertThat(seen.stream().filter(n -> n >= from && n < from + 1_000)).isSorted();
      }
      List<Integer> rest = late.getReceivedOnNext();
      assertThat(rest).isEqualTo(seen.subList(seen.size() - rest.size(), seen.size()));
    }
  }
}
