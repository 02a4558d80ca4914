package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

@Timeout(60)
class GatesTest {

  private static final List<Airport> AIRPORTS =
      List.of(airport("AAA"), airport("BBB"), airport("CCC"), airport("DDD"));

  private Gates gates = gates(List.of("AAA", "BBB"), 2, 3, Duration.ofHours(1));

  private static Airport airport(String code) {
    return new Airport(code, code, code, "XX", 0, 0);
  }

  private static Gates gates(List<String> hubs, int perHub, int gates, Duration patience) {
    return new Gates(
        AIRPORTS,
        new FlightBoardProperties.Fleet(hubs, perHub, gates, Duration.ZERO, patience),
        new Runways(Duration.ZERO));
  }

  @AfterEach
  void close() {
    gates.destroy();
  }

  private int at(String code) {
    return gates.status().block().airports().stream()
        .filter(taken -> taken.code().equals(code))
        .mapToInt(Gates.Taken::aircraft)
        .sum();
  }

  @Test
  void a_move_takes_a_gate_there_and_frees_one_here() {
    assertThat(gates.move("AAA", "BBB").block()).isTrue();

    assertThat(at("AAA")).isEqualTo(1);
    assertThat(at("BBB")).isEqualTo(3);
    assertThat(gates.status().block().aircraft()).isEqualTo(4);
  }

  @Test
  void where_no_aircraft_stands_none_moves() {
    assertThat(gates.move("CCC", "AAA").block()).isFalse();
    assertThat(gates.move("ZZZ", "AAA").block()).isFalse();
    assertThat(gates.status().block().moved()).isZero();
    assertThat(gates.status().block().notModelled()).isEqualTo(2);
  }

  @Test
  void a_move_waits_while_all_gates_there_are_taken() {
    assertThat(gates.move("AAA", "BBB").block()).isTrue();
    TestSubscriber<Boolean> waiting = TestSubscriber.create();
    gates.move("AAA", "BBB").subscribe(waiting);
    assertThat(waiting.isTerminated()).isFalse();
    assertThat(at("AAA")).isEqualTo(1);
    assertThat(gates.status().block().airports()).contains(new Gates.Taken("BBB", 3, 1));

    assertThat(gates.move("BBB", "CCC").block()).isTrue();

    waiting.block(Duration.ofSeconds(30));
    assertThat(waiting.getReceivedOnNext()).containsExactly(true);
    assertThat(at("AAA")).isZero();
    assertThat(at("BBB")).isEqualTo(3);
    assertThat(gates.status().block().waiting()).isZero();
  }

  @Test
  void who_leaves_while_it_waits_is_not_waited_for() {
    assertThat(gates.move("AAA", "BBB").block()).isTrue();
    Disposable waiting = gates.move("AAA", "BBB").subscribe();
    assertThat(gates.status().block().waiting()).isEqualTo(1);

    waiting.dispose();

    assertThat(gates.status().block().waiting()).isZero();
    assertThat(gates.move("BBB", "CCC").block()).isTrue();
    assertThat(at("AAA")).isEqualTo(1);
  }

  @Test
  void moves_that_wait_hold_up_neither_the_replay_nor_the_count() {
    gates.destroy();
    gates = gates(List.of("AAA", "BBB"), 3, 3, Duration.ofHours(1));
    // More than may be on their way at once and wait in the channel: none of these can move.
    for (int i = 0; i < 1_000; i++) {
      gates.flown(new Flight(LocalDateTime.MIN, "AAA", "BBB", 1, 0));
    }

    Gates.Status status =
        Mono.defer(gates::status)
            .repeat()
            .filter(now -> now.waiting() == 64)
            .blockFirst(Duration.ofSeconds(30));
    assertThat(status.leftOut()).isPositive();
    assertThat(status.aircraft()).isEqualTo(6);
  }

  @Test
  void who_waits_in_vain_stays_where_it_is() {
    gates.destroy();
    StepVerifier.withVirtualTime(
            () -> {
              gates = gates(List.of("AAA", "BBB"), 3, 3, Duration.ofMinutes(1));
              return Mono.zip(gates.move("AAA", "BBB"), gates.move("BBB", "AAA"));
            })
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(59))
        .thenAwait(Duration.ofSeconds(1))
        .assertNext(
            both -> {
              assertThat(both.getT1()).isFalse();
              assertThat(both.getT2()).isFalse();
            })
        .verifyComplete();
    assertThat(at("AAA")).isEqualTo(3);
    assertThat(gates.status().block().stayed()).isEqualTo(2);
  }

  @Test
  void whatever_moves_the_number_of_aircraft_is_the_same_at_every_instant() {
    AtomicBoolean moving = new AtomicBoolean(true);
    Mono<Long> audits =
        Mono.defer(gates::status)
            .doOnNext(
                status -> {
                  assertThat(status.aircraft()).isEqualTo(4);
                  assertThat(status.airports()).allMatch(at -> at.aircraft() <= 3);
                })
            .repeat(moving::get)
            .subscribeOn(Schedulers.boundedElastic())
            .count();
    Random random = new Random(7);
    Mono<Void> moves =
        Flux.range(0, 20_000)
            .map(
                i ->
                    AIRPORTS.get(random.nextInt(4)).code() + AIRPORTS.get(random.nextInt(4)).code())
            .flatMap(
                pair ->
                    gates
                        .move(pair.substring(0, 3), pair.substring(3))
                        .subscribeOn(Schedulers.parallel()),
                8)
            .then()
            .doFinally(how -> moving.set(false));

    Long looked = Mono.zip(audits, moves.thenReturn(true)).map(both -> both.getT1()).block();

    assertThat(looked).isPositive();
    assertThat(gates.status().block().moved()).isPositive();
  }

  @Test
  void flights_move_the_fleet_and_land_one_by_one() {
    for (int i = 0; i < 2; i++) {
      gates.flown(new Flight(LocalDateTime.MIN, "AAA", "CCC", 1, 0));
    }

    Mono.defer(gates::status)
        .repeat()
        .filter(status -> status.landed() == 2)
        .blockFirst(Duration.ofSeconds(30));
    assertThat(at("CCC")).isEqualTo(2);
  }
}
