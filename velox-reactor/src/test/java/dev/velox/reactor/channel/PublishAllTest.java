package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
}
