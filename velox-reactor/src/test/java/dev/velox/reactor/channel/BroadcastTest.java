package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.TooManyWaitersException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class BroadcastTest {

  private static <T> TestSubscriber<T> subscriber(Flux<T> flux, long demand) {
    TestSubscriber<T> subscriber = TestSubscriber.builder().initialRequest(demand).build();
    flux.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void every_subscriber_gets_every_element_from_its_subscription_on() {
    Broadcast<Integer> broadcast = Broadcast.create();
    TestSubscriber<Integer> first = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
    assertThat(broadcast.tryPublish(1)).isEqualTo(PublishResult.published(1));
    TestSubscriber<Integer> second = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
    StepVerifier.create(broadcast.publish(2)).expectNext(2).verifyComplete();
    broadcast.close();

    assertThat(first.getReceivedOnNext()).containsExactly(1, 2);
    assertThat(second.getReceivedOnNext()).containsExactly(2);
    assertThat(Stream.of(first, second)).allMatch(TestSubscriber::isTerminatedComplete);
    assertThat(broadcast.tryPublish(3)).isEqualTo(PublishResult.CLOSED);
    StepVerifier.create(broadcast.publish(3)).verifyError(ChannelClosedException.class);
    assertThat(broadcast.subscriberCount()).isZero();
  }

  @Test
  void nobody_subscribed_is_nobody_reached() {
    Broadcast<Integer> broadcast = Broadcast.create();
    assertThat(broadcast.tryPublish(1)).isEqualTo(PublishResult.published(0));
    assertThat(broadcast.tryPublish(1).isPublished()).isTrue();
  }

  @Test
  void a_late_subscriber_gets_the_last_elements_first() {
    Broadcast<Integer> broadcast = Broadcast.<Integer>builder().replay(2).build();
    TestSubscriber<Integer> early = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
    for (int i = 0; i < 5; i++) {
      broadcast.tryPublish(i);
      TestSubscriber<Integer> late = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
      assertThat(late.getReceivedOnNext())
          .isEqualTo(IntStream.rangeClosed(Math.max(0, i - 1), i).boxed().toList());
      late.cancel();
    }
    broadcast.close();

    assertThat(early.getReceivedOnNext()).containsExactly(0, 1, 2, 3, 4);
    StepVerifier.create(broadcast.asFlux()).expectNext(3, 4).verifyComplete();
  }

  @Test
  void publishers_wait_for_a_slow_subscriber_whose_policy_says_so() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 2).build();
    TestSubscriber<Integer> fast = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
    TestSubscriber<Integer> slow = subscriber(broadcast.asFlux(), 0);
    broadcast.tryPublish(1);
    broadcast.tryPublish(2);
    assertThat(broadcast.tryPublish(3)).isEqualTo(PublishResult.FULL);
    TestSubscriber<Integer> third = TestSubscriber.create();
    TestSubscriber<Integer> fourth = TestSubscriber.create();
    broadcast.publish(3).subscribe(third);
    broadcast.publish(4).subscribe(fourth);
    assertThat(broadcast.waitingPublishers()).isEqualTo(2);

    slow.request(1);
    assertThat(third.getReceivedOnNext()).containsExactly(2);
    assertThat(fourth.getReceivedOnNext()).isEmpty();
    slow.cancel();

    assertThat(fourth.getReceivedOnNext()).containsExactly(1);
    assertThat(fast.getReceivedOnNext()).containsExactly(1, 2, 3, 4);
    assertThat(slow.getReceivedOnNext()).containsExactly(1);
    assertThat(broadcast.waitingPublishers()).isZero();
  }

  @ParameterizedTest
  @EnumSource(value = SlowSubscriber.class, names = "WAIT", mode = EnumSource.Mode.EXCLUDE)
  void a_subscriber_that_stops_asking_harms_nobody_unless_waited_for(SlowSubscriber policy) {
    Broadcast<Integer> broadcast = Broadcast.create();
    TestSubscriber<Integer> fast = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
    subscriber(broadcast.asFlux(policy, 2), 0);

    for (int i = 0; i < 100; i++) {
      assertThat(broadcast.tryPublish(i).isPublished()).isTrue();
    }

    assertThat(fast.getReceivedOnNext()).hasSize(100);
  }

  @Test
  void each_policy_drops_as_it_says() {
    List<Integer> dropped = new ArrayList<>();
    Broadcast<Integer> broadcast = Broadcast.<Integer>builder().onDrop(dropped::add).build();
    TestSubscriber<Integer> oldest = subscriber(broadcast.asFlux(SlowSubscriber.DROP_OLDEST, 2), 0);
    for (int i = 0; i < 5; i++) {
      broadcast.tryPublish(i);
    }
    oldest.request(10);
    assertThat(oldest.getReceivedOnNext()).containsExactly(3, 4);
    assertThat(dropped).containsExactly(0, 1, 2);

    dropped.clear();
    TestSubscriber<Integer> latest = subscriber(broadcast.asFlux(SlowSubscriber.DROP_LATEST, 2), 0);
    for (int i = 0; i < 5; i++) {
      broadcast.tryPublish(i);
    }
    latest.request(10);
    assertThat(latest.getReceivedOnNext()).containsExactly(0, 1);
    assertThat(dropped).containsExactly(2, 3, 4);

    TestSubscriber<Integer> error = subscriber(broadcast.asFlux(SlowSubscriber.ERROR, 2), 0);
    for (int i = 0; i < 3; i++) {
      broadcast.tryPublish(i);
    }
    assertThat(error.expectTerminalError()).isInstanceOf(ChannelOverflowException.class);
    assertThat(broadcast.subscriberCount()).isEqualTo(2);
  }

  @Test
  void demand_is_respected_one_at_a_time() {
    Broadcast<Integer> broadcast = Broadcast.create();
    StepVerifier.create(broadcast.asFlux(), 0)
        .then(() -> IntStream.range(0, 5).forEach(broadcast::tryPublish))
        .thenRequest(1)
        .expectNext(0)
        .thenRequest(2)
        .expectNext(1, 2)
        .then(broadcast::close)
        .thenRequest(2)
        .expectNext(3, 4)
        .verifyComplete();
  }

  @Test
  void closing_lets_waiting_publishers_publish_first() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
    TestSubscriber<Integer> slow = subscriber(broadcast.asFlux(), 0);
    broadcast.tryPublish(1);
    TestSubscriber<Integer> waiting = TestSubscriber.create();
    broadcast.publish(2).subscribe(waiting);

    IllegalStateException cause = new IllegalStateException("closed");
    assertThat(broadcast.close(cause)).isTrue();
    assertThat(broadcast.close()).isFalse();
    slow.request(10);

    assertThat(slow.getReceivedOnNext()).containsExactly(1, 2);
    assertThat(slow.expectTerminalError()).isSameAs(cause);
    assertThat(waiting.getReceivedOnNext()).containsExactly(1);
  }

  @Test
  void cancelling_ends_everybody_at_once() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
    TestSubscriber<Integer> slow = subscriber(broadcast.asFlux(), 0);
    broadcast.tryPublish(1);
    TestSubscriber<Integer> waiting = TestSubscriber.create();
    broadcast.publish(2).subscribe(waiting);

    assertThat(broadcast.cancel()).isTrue();
    assertThat(broadcast.cancel()).isFalse();

    assertThat(slow.isTerminatedComplete()).isTrue();
    assertThat(waiting.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
    assertThat(broadcast.waitingPublishers()).isZero();
  }

  @Test
  void a_cancelled_publisher_publishes_nothing_and_lets_the_next_one_in() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder()
            .subscribers(SlowSubscriber.WAIT, 1)
            .maxWaitingPublishers(2)
            .build();
    TestSubscriber<Integer> slow = subscriber(broadcast.asFlux(), 0);
    broadcast.tryPublish(0);
    TestSubscriber<Integer> left = TestSubscriber.create();
    TestSubscriber<Integer> stays = TestSubscriber.create();
    broadcast.publish(1).subscribe(left);
    broadcast.publish(2).subscribe(stays);
    StepVerifier.create(broadcast.publish(3)).verifyError(TooManyWaitersException.class);

    left.cancel();
    slow.request(3);

    assertThat(slow.getReceivedOnNext()).containsExactly(0, 2);
    assertThat(stays.getReceivedOnNext()).containsExactly(1);
  }

  @Test
  void a_subscriber_that_throws_harms_only_itself() {
    Broadcast<Integer> broadcast = Broadcast.create();
    broadcast.subscribe(
        new BaseSubscriber<Integer>() {
          @Override
          protected void hookOnNext(Integer value) {
            throw new IllegalStateException("subscriber");
          }
        });
    TestSubscriber<Integer> other = subscriber(broadcast.asFlux(), Long.MAX_VALUE);

    broadcast.tryPublish(1);
    broadcast.tryPublish(2);

    assertThat(other.getReceivedOnNext()).containsExactly(1, 2);
  }

  @Test
  void publishing_inside_on_next_is_served_in_order_in_constant_stack() {
    Broadcast<Integer> broadcast = Broadcast.create();
    AtomicInteger last = new AtomicInteger();
    broadcast
        .asFlux()
        .subscribe(
            number -> {
              last.set(number);
              if (number < 100_000) {
                broadcast.tryPublish(number + 1);
              }
            });
    broadcast.tryPublish(1);
    assertThat(last).hasValue(100_000);
  }

  @Test
  void all_subscribers_see_the_elements_of_racing_publishers_in_one_order() {
    for (int i = 0; i < 500; i++) {
      Broadcast<Integer> broadcast =
          Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 64).build();
      TestSubscriber<Integer> first = subscriber(broadcast.asFlux(), Long.MAX_VALUE);
      TestSubscriber<Integer> second = subscriber(broadcast.asFlux(), Long.MAX_VALUE);

      RaceTestUtils.race(
          () -> IntStream.range(0, 10).forEach(broadcast::tryPublish),
          () -> IntStream.range(10, 20).forEach(broadcast::tryPublish),
          () -> IntStream.range(20, 30).forEach(broadcast::tryPublish));

      assertThat(first.getReceivedOnNext()).hasSize(30).isEqualTo(second.getReceivedOnNext());
    }
  }

  @Test
  void a_subscriber_that_leaves_as_a_publisher_waits_for_it_frees_it() {
    for (int i = 0; i < 3_000; i++) {
      Broadcast<Integer> broadcast =
          Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
      TestSubscriber<Integer> slow = subscriber(broadcast.asFlux(), 0);
      broadcast.tryPublish(0);
      TestSubscriber<Integer> publisher = TestSubscriber.create();

      RaceTestUtils.race(slow::cancel, () -> broadcast.publish(1).subscribe(publisher));

      assertThat(publisher.isTerminatedComplete()).isTrue();
      assertThat(broadcast.waitingPublishers()).isZero();
    }
  }

  @Test
  void a_result_says_how_many_were_reached_though_subscribers_come_and_go() {
    for (int i = 0; i < 3_000; i++) {
      Broadcast<Integer> broadcast = Broadcast.create();
      TestSubscriber<Integer> one = TestSubscriber.create();
      List<Integer> reached = new ArrayList<>();

      RaceTestUtils.race(
          () -> broadcast.asFlux().subscribe(one),
          () -> IntStream.range(0, 5).forEach(n -> reached.add(broadcast.tryPublish(n).reached())));

      assertThat(one.getReceivedOnNext()).hasSize(reached.stream().mapToInt(n -> n).sum());
    }
  }

  @Test
  void many_publishers_reach_many_subscribers_under_back_pressure() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 4).build();
    int each = 5_000;
    List<Mono<Long>> counts =
        IntStream.range(0, 5)
            .mapToObj(
                n -> broadcast.asFlux().publishOn(Schedulers.parallel(), 1 + n * 8).count().cache())
            .toList();
    counts.forEach(Mono::subscribe);

    Flux.range(0, 4)
        .flatMap(n -> broadcast.publishAll(Flux.range(0, each)).subscribeOn(Schedulers.parallel()))
        .then()
        .block();
    broadcast.close();

    assertThat(counts.stream().map(Mono::block)).containsOnly(4L * each);
  }

  @Test
  void as_a_sink_it_tells_the_truth_in_the_words_of_sinks() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
    Sinks.Many<Integer> sink = broadcast.asSink();
    TestSubscriber<Integer> slow = subscriber(sink.asFlux(), 0);
    assertThat(sink.currentSubscriberCount()).isEqualTo(1);

    assertThat(sink.tryEmitNext(1)).isEqualTo(Sinks.EmitResult.OK);
    assertThat(sink.tryEmitNext(2)).isEqualTo(Sinks.EmitResult.FAIL_OVERFLOW);
    assertThat(sink.tryEmitComplete()).isEqualTo(Sinks.EmitResult.OK);
    assertThat(sink.tryEmitNext(3)).isEqualTo(Sinks.EmitResult.FAIL_TERMINATED);
    broadcast.cancel();
    assertThat(sink.tryEmitNext(3)).isEqualTo(Sinks.EmitResult.FAIL_CANCELLED);
    assertThat(slow.isTerminatedComplete()).isTrue();
  }

  @Test
  @SuppressWarnings("NullAway") // that is the point
  void bad_arguments_are_named() {
    Broadcast<Integer> broadcast = Broadcast.create();
    assertThatThrownBy(() -> broadcast.tryPublish(null)).hasMessageContaining("element");
    assertThatThrownBy(() -> broadcast.publish(null)).hasMessageContaining("element");
    assertThatThrownBy(() -> broadcast.asFlux(SlowSubscriber.WAIT, 0))
        .hasMessageContaining("buffer")
        .hasMessageContaining("0");
    assertThatThrownBy(() -> Broadcast.builder().replay(-1))
        .hasMessageContaining("replay")
        .hasMessageContaining("-1");
  }
}
