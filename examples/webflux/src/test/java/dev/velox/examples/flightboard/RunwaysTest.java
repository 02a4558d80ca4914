package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(60)
class RunwaysTest {

  @Test
  void landings_of_one_airport_are_in_order_and_other_airports_do_not_wait() {
    StepVerifier.withVirtualTime(
            () -> {
              Runways runways = new Runways(Duration.ofMinutes(1));
              return Flux.just("AAA 1", "AAA 2", "BBB 1", "AAA 3")
                  .flatMap(
                      landing -> runways.land(landing.substring(0, 3)).then(Mono.just(landing)));
            })
        .expectSubscription()
        .thenAwait(Duration.ofMinutes(1))
        .expectNext("AAA 1", "BBB 1")
        .thenAwait(Duration.ofMinutes(1))
        .expectNext("AAA 2")
        .thenAwait(Duration.ofMinutes(1))
        .expectNext("AAA 3")
        .verifyComplete();
  }

  @Test
  void two_never_have_the_same_runway() {
    Map<String, AtomicInteger> landing = new ConcurrentHashMap<>();
    AtomicBoolean two = new AtomicBoolean();
    Runways runways =
        new Runways(
            code ->
                Mono.<Void>fromRunnable(
                        () -> {
                          AtomicInteger here =
                              landing.computeIfAbsent(code, first -> new AtomicInteger());
                          if (here.getAndIncrement() != 0) {
                            two.set(true);
                          }
                          Thread.onSpinWait();
                          here.decrementAndGet();
                        })
                    .subscribeOn(Schedulers.parallel()));

    Flux.range(0, 5_000)
        .flatMap(
            i -> runways.land(i % 3 == 0 ? "AAA" : "BBB").subscribeOn(Schedulers.parallel()), 64)
        .then()
        .block();

    assertThat(two).isFalse();
    assertThat(runways.landed()).isEqualTo(5_000);
    assertThat(runways.busiest(2))
        .containsExactly(
            new Runways.Runway("BBB", false, 0, 3_333), new Runways.Runway("AAA", false, 0, 1_667));
    assertThat(runways.active()).isZero();
  }

  @Test
  void who_waits_is_counted_and_one_that_gives_up_frees_its_place() {
    Sinks.Empty<Void> down = Sinks.empty();
    Runways runways = new Runways(code -> down.asMono());
    List<Integer> landed = new CopyOnWriteArrayList<>();
    Disposable first = runways.land("AAA").subscribe();
    Disposable second = runways.land("AAA").subscribe();
    runways.land("AAA").subscribe(nothing -> {}, failure -> {}, () -> landed.add(3));
    assertThat(runways.at("AAA")).isEqualTo(new Runways.Runway("AAA", true, 2, 0));

    second.dispose();
    assertThat(runways.at("AAA")).isEqualTo(new Runways.Runway("AAA", true, 1, 0));
    first.dispose();
    assertThat(runways.at("AAA")).isEqualTo(new Runways.Runway("AAA", true, 0, 0));

    down.tryEmitEmpty();
    assertThat(landed).containsExactly(3);
    assertThat(runways.at("AAA")).isEqualTo(new Runways.Runway("AAA", false, 0, 1));
  }
}
