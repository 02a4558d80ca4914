package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.ActorStoppedException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class TowersTest {

  private static final LocalDateTime NOON = LocalDateTime.of(2001, 1, 1, 12, 0);

  private final Towers towers = new Towers();

  @AfterEach
  void end() {
    towers.destroy();
  }

  private static Flight flight(LocalDateTime scheduled, int delay) {
    return new Flight(scheduled, "PHX", "LAX", 370, delay);
  }

  private void replay(Flight... flights) {
    Flux.fromArray(flights).concatMap(flight -> towers.tell(flight, false)).blockLast();
  }

  private Tower tower(String code) {
    towers.figures(code).block(); // it has handled what it was told before
    return towers.all().stream()
        .filter(tower -> tower.figures().code().equals(code))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void an_answer_has_every_flight_in_it_that_was_told_before() {
    // More than a mailbox holds, and nobody waits in between.
    int flights = 5_000;
    Flux.range(1, flights)
        .concatMap(delay -> towers.tell(flight(NOON, delay), false))
        .blockLast(Duration.ofSeconds(60));

    assertThat(towers.figures("PHX").block())
        .isEqualTo(new AirportFigures("PHX", flights, 0, 0, null));
    assertThat(towers.figures("LAX").block())
        .isEqualTo(new AirportFigures("LAX", 0, flights, 12_502_500, flights));
  }

  @Test
  void an_airport_without_traffic_has_figures_and_is_not_shown() {
    assertThat(towers.figures("JFK").block()).isEqualTo(AirportFigures.none("JFK"));
    assertThat(towers.all()).isEmpty();
  }

  @Test
  void the_arrivals_of_today_are_those_of_before_on_the_next_day() {
    replay(flight(NOON, 5), flight(NOON.plusHours(1), 7));
    assertThat(tower("LAX").day()).isEqualTo(LocalDate.of(2001, 1, 1));
    assertThat(tower("LAX").today()).isEqualTo(Hours.NONE.with(12, 5).with(13, 7));
    assertThat(tower("LAX").before()).isEqualTo(Hours.NONE);

    replay(flight(NOON.plusDays(1), 9));
    assertThat(tower("LAX").day()).isEqualTo(LocalDate.of(2001, 1, 2));
    assertThat(tower("LAX").today()).isEqualTo(Hours.NONE.with(12, 9));
    assertThat(tower("LAX").before()).isEqualTo(Hours.NONE.with(12, 5).with(13, 7));
  }

  @Test
  void a_posted_flight_of_another_day_counts_and_begins_no_day() {
    replay(flight(NOON, 5));
    towers.tell(flight(NOON.plusYears(1), 7), true).block();

    assertThat(towers.time()).isEqualTo(NOON);
    assertThat(tower("LAX").figures().arrivals()).isEqualTo(2);
    assertThat(tower("LAX").today()).isEqualTo(Hours.NONE.with(12, 5));
    assertThat(tower("LAX").before()).isEqualTo(Hours.NONE);
  }

  @Test
  void the_end_handles_what_was_told_and_refuses_later_questions() {
    List<Flight> flights =
        Flux.range(1, 500).map(delay -> flight(NOON, delay)).collectList().block();
    replay(flights.toArray(Flight[]::new));
    towers.destroy();

    assertThat(towers.all())
        .extracting(tower -> tower.figures().movements())
        .containsExactly(500L, 500L);
    StepVerifier.create(towers.figures("LAX")).verifyError(ActorStoppedException.class);
    StepVerifier.create(towers.figures("JFK")).verifyError(ActorStoppedException.class);
  }
}
