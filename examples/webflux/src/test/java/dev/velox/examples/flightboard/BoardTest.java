package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class BoardTest {

  private static final int CAPACITY = 4;
  private static final int VIEW = 3;

  private final Towers towers = new Towers();
  private final Board board = board(Duration.ofMillis(200));

  private Board board(Duration patience) {
    return new Board(CAPACITY, VIEW, patience, towers, flight -> {});
  }

  @AfterEach
  void end() {
    board.destroy();
    towers.destroy();
  }

  private AirportFigures airport(String code) {
    return towers.figures(code).block();
  }

  private static Flight flight(int delay) {
    return new Flight(LocalDateTime.of(2001, 1, 1, 6, 0), "PHX", "LAX", 370, delay);
  }

  private static Flux<Flight> flights(int count) {
    return Flux.range(1, count).map(BoardTest::flight);
  }

  @Test
  void counts_departures_arrivals_and_delays() {
    board.replay(Flux.just(flight(-5), flight(10))).block();
    board.post(Flux.just(flight(1))).then(board.settled()).block();

    assertThat(board.totals()).isEqualTo(new Totals(3, 1, 6));
    assertThat(airport("PHX")).isEqualTo(new AirportFigures("PHX", 3, 0, 0, null));
    assertThat(airport("LAX")).isEqualTo(new AirportFigures("LAX", 0, 3, 6, 10));
    assertThat(airport("LAX").meanDelayMinutes()).isEqualTo(2.0);
    assertThat(airport("PHX").meanDelayMinutes()).isNull();
  }

  @Test
  void many_senders_at_once_are_all_counted() {
    Long sent =
        Flux.range(0, 8)
            .flatMap(i -> board.post(flights(1000).subscribeOn(Schedulers.parallel())))
            .reduce(0L, Long::sum)
            .block();
    board.settled().block();
    assertThat(sent).isEqualTo(8_000);
    assertThat(board.totals()).isEqualTo(new Totals(8_000, 8_000, 8L * 500_500));
  }

  @Test
  void a_slow_board_lets_the_channel_fill_and_its_source_wait() {
    AtomicLong emitted = new AtomicLong();
    board.pause(Duration.ofHours(1));
    var replay = board.replay(flights(1_000).doOnNext(f -> emitted.incrementAndGet())).subscribe();
    // One is in work, the channel is full: the source is asked for nothing more.
    assertThat(board.fill().size()).isEqualTo(CAPACITY);
    assertThat(emitted).hasValue(CAPACITY + 1);
    replay.dispose();
  }

  @Test
  void each_reader_gets_every_flight_from_when_it_came() {
    List<Flight> first = new CopyOnWriteArrayList<>();
    List<Flight> second = new CopyOnWriteArrayList<>();
    var reading = board.flights().subscribe(first::add);
    board.replay(flights(10)).then(board.settled()).block();
    var later = board.flights().subscribe(second::add);
    board.replay(flights(5)).then(board.settled()).block();

    assertThat(first).hasSize(15);
    assertThat(second).containsExactlyElementsOf(flights(5).toIterable());
    reading.dispose();
    later.dispose();
    assertThat(board.openViews()).isZero();
  }

  @Test
  void a_slow_reader_slows_the_source_and_loses_nothing() {
    Board patient = board(Duration.ofHours(1));
    AtomicLong emitted = new AtomicLong();
    List<Flight> read = new ArrayList<>();
    BaseSubscriber<Flight> reader =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}

          @Override
          protected void hookOnNext(Flight flight) {
            read.add(flight);
          }
        };
    patient.flights().subscribe(reader);
    var replay = patient.replay(flights(100).doOnNext(f -> emitted.incrementAndGet())).subscribe();

    // The view is full, one waits for it, and the channel behind is full.
    assertThat(emitted).hasValue(VIEW + 1 + CAPACITY);
    reader.request(10);
    assertThat(read).containsExactlyElementsOf(flights(10).toIterable());
    assertThat(emitted).hasValue(10 + VIEW + 1 + CAPACITY);
    reader.request(Long.MAX_VALUE);
    assertThat(read).containsExactlyElementsOf(flights(100).toIterable());
    assertThat(replay.isDisposed()).isTrue();
    patient.destroy();
  }

  @Test
  void a_stuck_reader_is_let_go_and_the_others_miss_nothing() throws InterruptedException {
    CountDownLatch read = new CountDownLatch(100);
    var reading = board.flights().subscribe(flight -> read.countDown());
    StepVerifier.create(board.flights(), 0)
        .expectSubscription()
        .then(() -> board.replay(flights(100)).then(board.settled()).block())
        .thenRequest(Long.MAX_VALUE)
        // What it had room for it still gets, and then the reason.
        .expectNextCount(VIEW)
        .verifyErrorSatisfies(
            e -> assertThat(e).isInstanceOf(SlowReaderException.class).hasMessageContaining("200"));
    // What the board has counted is on its way to its readers, perhaps on another thread.
    assertThat(read.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(board.totals().flights()).isEqualTo(100);
    assertThat(board.openViews()).isOne();
    reading.dispose();
  }

  @Test
  void a_reader_that_leaves_while_the_board_waits_for_it_frees_the_board() {
    Board patient = board(Duration.ofHours(1));
    BaseSubscriber<Flight> reader =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}
        };
    patient.flights().subscribe(reader);
    var replay = patient.replay(flights(100)).subscribe();
    assertThat(patient.fill().size()).isEqualTo(CAPACITY);
    reader.cancel();
    assertThat(replay.isDisposed()).isTrue();
    patient.settled().block();
    assertThat(patient.totals().flights()).isEqualTo(100);
    patient.destroy();
  }

  @Test
  void ending_counts_what_was_accepted_though_the_board_rests() {
    board.pause(Duration.ofHours(1));
    Long sent = board.post(flights(CAPACITY)).block(); // one is in work, so the channel has room
    assertThat(board.totals()).isEqualTo(Totals.NONE);

    board.destroy();
    towers.destroy();

    assertThat(board.totals().accepted()).isEqualTo(sent).isEqualTo(CAPACITY);
    assertThat(towers.all())
        .extracting(Tower::figures)
        .containsExactlyInAnyOrder(
            new AirportFigures("PHX", CAPACITY, 0, 0, null),
            new AirportFigures("LAX", 0, CAPACITY, 10, 4));
  }

  @Test
  void closing_completes_readers_those_there_and_those_to_come() {
    StepVerifier.create(board.flights())
        .then(() -> board.replay(flights(2)).block())
        .then(board::closeViews)
        .expectNextCount(2)
        .verifyComplete();
    StepVerifier.create(board.flights()).verifyComplete();
    StepVerifier.create(board.onClose()).verifyComplete();
  }
}
