package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What a channel promises, in orders that threads would seldom show. */
class ChannelInSimulationTest {

  private static Flux<Integer> sender(Channel<Integer> channel, int number) {
    return Flux.range(0, 5)
        .map(i -> number * 100 + i)
        .concatMap(
            element ->
                channel.send(element).subscribeOn(Schedulers.parallel()).thenReturn(element));
  }

  @SimulatedTest(seeds = 200, steps = 200)
  void everything_sent_is_received_once_and_in_the_order_of_its_sender(
      SimulatedSchedulers simulation) {
    Channel<Integer> channel = Channel.bounded(2);
    List<Integer> received = new ArrayList<>();
    for (int receiver = 0; receiver < 2; receiver++) {
      channel.asFlux().publishOn(Schedulers.parallel(), 1).subscribe(received::add);
    }

    simulation.await(
        Flux.merge(sender(channel, 1), sender(channel, 2), sender(channel, 3))
            .doOnComplete(channel::close));
    simulation.run();

    assertThat(received).hasSize(15).doesNotHaveDuplicates();
    assertThat(channel.size()).isZero();
  }

  @SimulatedTest(seeds = 200, steps = 200)
  void a_receive_that_timed_out_has_taken_nothing(SimulatedSchedulers simulation) {
    Channel<Integer> channel = Channel.bounded(1);
    Map<Integer, Integer> received = new HashMap<>();
    List<Mono<Integer>> receivers = new ArrayList<>();
    for (int receiver = 0; receiver < 4; receiver++) {
      receivers.add(
          channel
              .receive(Duration.ofMillis(10))
              .subscribeOn(Schedulers.parallel())
              .doOnNext(element -> received.merge(element, 1, Integer::sum))
              .onErrorResume(TimeoutException.class, late -> Mono.empty()));
    }
    Flux<Integer> sent =
        Flux.interval(Duration.ofMillis(5))
            .take(4)
            .map(Long::intValue)
            .concatMap(i -> channel.send(i).subscribeOn(Schedulers.parallel()).thenReturn(i), 1);
    Disposable sending = sent.subscribe();

    simulation.await(Flux.merge(receivers));
    simulation.await(
        channel
            .receive(Duration.ofMillis(1))
            .doOnNext(element -> received.merge(element, 1, Integer::sum))
            .repeat()
            .onErrorComplete(TimeoutException.class));
    simulation.run();
    while (channel.tryReceive().isReceived()) {
      received.merge(-1, 1, Integer::sum);
    }

    assertThat(sending.isDisposed()).isTrue();
    assertThat(received.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(4);
  }

  @SimulatedTest(seeds = 200, steps = 100)
  void a_cancelled_receiver_takes_nothing(SimulatedSchedulers simulation) {
    Channel<Integer> channel = Channel.bounded(4);
    List<Integer> received = new ArrayList<>();
    Disposable cancelled =
        channel.asFlux().subscribeOn(Schedulers.parallel()).subscribe(received::add);
    Schedulers.parallel().schedule(cancelled::dispose);
    for (int i : IntStream.range(0, 3).toArray()) {
      channel.send(i).subscribeOn(Schedulers.parallel()).subscribe();
    }
    simulation.run();

    assertThat(received.size() + channel.size()).isEqualTo(3);
  }
}
