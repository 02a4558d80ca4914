package dev.velox.reactor.collection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelClosedException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

class ConcurrentQueueTest {

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void what_goes_in_first_comes_out_first() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.unbounded();
    assertThat(queue.enqueueAll(Flux.range(1, 5)).block()).isEqualTo(5);

    assertThat(queue.peek()).contains(1);
    assertThat(queue.size()).isEqualTo(5);
    assertThat(queue.dequeue().block()).isEqualTo(1);
    assertThat(queue.tryDequeue()).contains(2);
    assertThat(queue.takeUpTo(2).block()).containsExactly(3, 4);
    assertThat(queue.takeUpTo(2).block()).containsExactly(5);
    assertThat(queue.takeUpTo(2).block()).isEmpty();
    assertThat(queue.tryDequeue()).isEmpty();
    assertThat(queue.peek()).isEmpty();
  }

  @Test
  void enqueue_waits_while_it_is_full() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(2);
    assertThat(queue.maxSize()).isEqualTo(2);
    assertThat(queue.tryEnqueue(1)).isTrue();
    assertThat(queue.tryEnqueue(2)).isTrue();
    assertThat(queue.tryEnqueue(3)).isFalse();
    TestSubscriber<Void> third = subscribe(queue.enqueue(3));
    assertThat(third.isTerminated()).isFalse();

    assertThat(queue.dequeue().block()).isEqualTo(1);

    assertThat(third.isTerminatedComplete()).isTrue();
    assertThat(queue.takeUpTo(9).block()).containsExactly(2, 3);
  }

  @Test
  void dequeue_waits_while_it_is_empty() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(2);
    TestSubscriber<Integer> consumer = subscribe(queue.dequeue());
    assertThat(consumer.isTerminated()).isFalse();

    assertThat(queue.tryEnqueue(7)).isTrue();

    assertThat(consumer.getReceivedOnNext()).containsExactly(7);
  }

  @Test
  void who_waits_too_long_has_changed_nothing() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(1);
    StepVerifier.create(queue.dequeue(Duration.ZERO)).verifyError(TimeoutException.class);
    StepVerifier.withVirtualTime(() -> queue.dequeue(Duration.ofSeconds(5)))
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(5).minusMillis(1))
        .thenAwait(Duration.ofMillis(1))
        .verifyError(TimeoutException.class);
    assertThat(queue.tryEnqueue(1)).isTrue();
    StepVerifier.create(queue.enqueue(2, Duration.ZERO)).verifyError(TimeoutException.class);
    assertThat(queue.takeUpTo(9).block()).containsExactly(1);
  }

  @Test
  void take_between_waits_for_enough_and_gives_back_when_cancelled() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(2);
    TestSubscriber<List<Integer>> batch = subscribe(queue.takeBetween(3, 4));
    queue.enqueueAll(Flux.just(1, 2)).block();
    TestSubscriber<Integer> behind = subscribe(queue.dequeue());

    batch.cancel();

    assertThat(behind.getReceivedOnNext()).containsExactly(1);
    assertThat(queue.takeBetween(1, 4).block()).containsExactly(2);
  }

  @Test
  void after_a_shutdown_what_is_left_is_taken_and_nothing_comes_in() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(1);
    queue.enqueue(1).block();
    TestSubscriber<Void> accepted = subscribe(queue.enqueue(2));
    TestSubscriber<Void> drained = subscribe(queue.onDrained());

    assertThat(queue.shutdown()).isTrue();
    assertThat(queue.shutdown()).isFalse();

    assertThat(queue.isShutdown()).isTrue();
    assertThat(queue.tryEnqueue(3)).isFalse();
    StepVerifier.create(queue.enqueue(3)).verifyError(ChannelClosedException.class);
    assertThat(drained.isTerminated()).isFalse();
    assertThat(queue.asFlux().collectList().block()).containsExactly(1, 2);
    assertThat(accepted.isTerminatedComplete()).isTrue();
    assertThat(drained.isTerminatedComplete()).isTrue();
    StepVerifier.create(queue.dequeue()).verifyComplete();
    StepVerifier.create(queue.takeUpTo(3)).verifyComplete();
  }

  @Test
  void a_shutdown_now_lets_all_go() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(1);
    queue.enqueue(1).block();
    TestSubscriber<Void> waiting = subscribe(queue.enqueue(2));

    assertThat(queue.shutdownNow()).isTrue();

    assertThat(waiting.expectTerminalError()).isInstanceOf(ChannelClosedException.class);
    assertThat(queue.size()).isZero();
    StepVerifier.create(queue.dequeue()).verifyComplete();
  }

  @Test
  void it_is_a_view_of_its_channel() {
    Channel<Integer> channel = Channel.conflated();
    ConcurrentQueue<Integer> latest = ConcurrentQueue.on(channel);
    latest.enqueueAll(Flux.range(0, 10)).block();

    assertThat(channel.size()).isEqualTo(1);
    assertThat(latest.dequeue().block()).isEqualTo(9);
  }

  @Test
  void many_producers_and_consumers_lose_nothing_and_keep_each_producers_order() {
    int producers = 4;
    int each = 20_000;
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(16);
    Mono<Void> produced =
        Flux.range(0, producers)
            .flatMap(
                producer ->
                    Flux.range(producer * each, each)
                        .concatMap(queue::enqueue)
                        .subscribeOn(Schedulers.parallel()))
            .then(Mono.fromRunnable(queue::shutdown));
    Flux<List<Integer>> consumers =
        Flux.range(0, 2)
            .flatMap(
                consumer -> queue.asFlux().collectList().subscribeOn(Schedulers.boundedElastic()));

    List<List<Integer>> consumed =
        Mono.zip(consumers.collectList(), produced.thenReturn(1)).block().getT1();

    BitSet seen = new BitSet();
    for (List<Integer> one : consumed) {
      int[] last = new int[producers];
      java.util.Arrays.fill(last, -1);
      for (int value : one) {
        assertThat(seen.get(value)).isFalse();
        seen.set(value);
        assertThat(value).isGreaterThan(last[value / each]);
        last[value / each] = value;
      }
    }
    assertThat(seen.cardinality()).isEqualTo(producers * each);
  }
}
