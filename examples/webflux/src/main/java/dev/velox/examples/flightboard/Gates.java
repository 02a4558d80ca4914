package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.stm.ConflictException;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.stm.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * A fleet that stands at the gates of the airports, and moves with the flights that are replayed.
 *
 * <p>A move is one transaction: it takes a gate there and frees one here. While all gates there are
 * taken it waits, holding neither a thread nor the gate that it would free, until one is freed
 * ({@code check} is {@code retry} when its condition does not hold). So the number of aircraft is
 * the same at every instant that anybody can look at, which {@link #status()} does in one
 * transaction as well. Two full airports whose aircraft want each other's gates would wait for
 * ever: who waits longer than the patience stays where it is.
 *
 * <p>Then it lands on the {@linkplain Runways runway}.
 *
 * <p>The file knows no aircraft, so a flight moves any that stands at its origin. Where none does,
 * the flight is not modelled. Nor is the replay ever held up: flights go through a channel that
 * drops what is too much, and a limited number of moves is on its way at once. Each flight is
 * counted in the end as moved, stayed, not modelled, or left out.
 */
final class Gates implements DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(Gates.class);
  private static final int WAITING_FLIGHTS = 256;
  private static final int MOVES_AT_ONCE = 64;

  private final Map<String, Apron> aprons = new LinkedHashMap<>();
  private final int gates;
  private final int fleet;
  private final StmOptions patience;
  private final Runways runways;
  private final Channel<Flight> flights =
      Channel.<Flight>builder()
          .capacity(WAITING_FLIGHTS)
          .overflow(Overflow.DROP_LATEST)
          .name("gates")
          .build();
  private final LongAdder moved = new LongAdder();
  private final LongAdder stayed = new LongAdder();
  private final LongAdder notModelled = new LongAdder();
  private final LongAdder leftOut = new LongAdder();
  private final Disposable moves;

  Gates(Collection<Airport> airports, FlightBoardProperties.Fleet fleet, Runways runways) {
    for (Airport airport : airports) {
      boolean hub = fleet.hubs().contains(airport.code());
      aprons.put(airport.code(), new Apron(airport.code(), hub ? fleet.aircraftPerHub() : 0));
    }
    for (String hub : fleet.hubs()) {
      if (!aprons.containsKey(hub)) {
        throw new IllegalArgumentException(
            "flightboard.fleet.hubs must be airports, but there is no \"" + hub + "\"");
      }
    }
    this.gates = fleet.gates();
    this.fleet = fleet.hubs().size() * fleet.aircraftPerHub();
    this.runways = runways;
    this.patience = StmOptions.defaults().name("gates").timeout(fleet.patience());
    this.moves =
        flights
            .asFlux()
            .flatMap(this::moveAndLand, MOVES_AT_ONCE, 1)
            .subscribe(nothing -> {}, failure -> log.error("The gates have failed", failure));
  }

  /** What stands at the gates of an airport, and how many wait for one. */
  private record Apron(TRef<Integer> aircraft, AtomicInteger waiting) {

    Apron(String code, int aircraft) {
      this(TRef.of(code, aircraft), new AtomicInteger());
    }
  }

  private enum Outcome {
    MOVED,
    STAYED,
    NONE_HERE,
    NO_GATE
  }

  /** Tells of a flight; answers at once. */
  void flown(Flight flight) {
    if (flights.trySend(flight) != SendResult.SENT) {
      leftOut.increment();
    }
  }

  private Mono<Void> moveAndLand(Flight flight) {
    return move(flight.origin(), flight.destination())
        .filter(done -> done)
        .flatMap(done -> runways.land(flight.destination()));
  }

  /** Whether an aircraft has moved; {@code false} if there is none here, or no gate in time. */
  Mono<Boolean> move(String origin, String destination) {
    Apron here = aprons.get(origin);
    Apron there = aprons.get(destination);
    Mono<Outcome> outcome =
        here == null || there == null || origin.equals(destination)
            ? Mono.just(Outcome.NONE_HERE)
            : Stm.atomic(
                    tx -> {
                      return tryMove(tx, here, there);
                    })
                .flatMap(
                    tried ->
                        tried == Outcome.NO_GATE ? moveOnceFree(here, there) : Mono.just(tried));
    return outcome.doOnNext(this::count).map(done -> done == Outcome.MOVED);
  }

  private Outcome tryMove(Transaction tx, Apron here, Apron there) {
    int aircraft = tx.get(here.aircraft());
    if (aircraft == 0) {
      return Outcome.NONE_HERE;
    }
    int taken = tx.get(there.aircraft());
    if (taken == gates) {
      return Outcome.NO_GATE;
    }
    tx.set(here.aircraft(), aircraft - 1);
    tx.set(there.aircraft(), taken + 1);
    return Outcome.MOVED;
  }

  /** Waits for a gate, counted as waiting from the first try that found none until it is over. */
  private Mono<Outcome> moveOnceFree(Apron here, Apron there) {
    return Mono.using(
        there.waiting()::incrementAndGet,
        nth ->
            Stm.atomic(
                    patience,
                    tx -> {
                      Outcome tried = tryMove(tx, here, there);
                      tx.check(tried != Outcome.NO_GATE);
                      return tried;
                    })
                .onErrorResume(ConflictException.class, late -> Mono.just(Outcome.STAYED)),
        nth -> there.waiting().decrementAndGet());
  }

  private void count(Outcome outcome) {
    switch (outcome) {
      case MOVED -> moved.increment();
      case STAYED -> stayed.increment();
      default -> notModelled.increment();
    }
  }

  /** All airports at one instant. */
  Mono<Status> status() {
    return Stm.readOnly(
        tx -> {
          int aircraft = 0;
          int waiting = 0;
          List<Taken> airports = new ArrayList<>();
          for (Map.Entry<String, Apron> airport : aprons.entrySet()) {
            int here = tx.get(airport.getValue().aircraft());
            int wait = airport.getValue().waiting().get();
            aircraft += here;
            waiting += wait;
            if (here > 0 || wait > 0) {
              airports.add(new Taken(airport.getKey(), here, wait));
            }
          }
          airports.sort(Comparator.comparingInt(Taken::aircraft).reversed());
          return new Status(
              fleet,
              aircraft,
              gates,
              waiting,
              moved.sum(),
              runways.landed(),
              stayed.sum(),
              notModelled.sum(),
              leftOut.sum(),
              runways.active(),
              List.copyOf(airports));
        });
  }

  /**
   * The fleet.
   *
   * @param fleet how many aircraft there are
   * @param aircraft how many stand at gates, counted at one instant: as many
   * @param gates how many gates an airport has
   * @param waiting how many wait for a gate, as of about then
   * @param moved how often one has moved
   * @param landed how many of these have left the runway
   * @param stayed how many waited for a gate in vain
   * @param notModelled for how many flights no aircraft stood at their origin
   * @param leftOut how many flights came too fast
   * @param runways how many runways are in use now
   * @param airports where they stand, most first
   */
  record Status(
      int fleet,
      int aircraft,
      int gates,
      int waiting,
      long moved,
      long landed,
      long stayed,
      long notModelled,
      long leftOut,
      int runways,
      List<Taken> airports) {}

  /**
   * The gates of an airport.
   *
   * @param code which airport
   * @param aircraft how many of them are taken
   * @param waiting how many wait for one
   */
  record Taken(String code, int aircraft, int waiting) {}

  @Override
  public void destroy() {
    flights.cancel();
    moves.dispose();
  }
}
