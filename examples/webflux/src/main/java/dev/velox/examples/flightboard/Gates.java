package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.stm.ConflictException;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.KeyedMutex;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * <p>Then it lands: one at a time on the runway of an airport, first come, first served, while
 * other airports' landings go on side by side.
 *
 * <p>The replay is never held up. Flights go through a channel that drops what is too much, and a
 * limited number of moves is on its way at once.
 */
final class Gates implements DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(Gates.class);
  private static final int WAITING_FLIGHTS = 256;
  private static final int MOVES_AT_ONCE = 64;

  private final Map<String, TRef<Integer>> standing = new LinkedHashMap<>();
  private final int gates;
  private final int fleet;
  private final Duration landing;
  private final StmOptions patience;

  private final KeyedMutex<String> runways = KeyedMutex.create();
  private final Channel<Flight> flights =
      Channel.<Flight>builder()
          .capacity(WAITING_FLIGHTS)
          .overflow(Overflow.DROP_LATEST)
          .name("gates")
          .build();
  private final LongAdder moved = new LongAdder();
  private final LongAdder landed = new LongAdder();
  private final LongAdder stayed = new LongAdder();
  private final Disposable moves;

  Gates(Collection<Airport> airports, FlightBoardProperties.Fleet fleet) {
    for (Airport airport : airports) {
      boolean hub = fleet.hubs().contains(airport.code());
      standing.put(airport.code(), TRef.of(airport.code(), hub ? fleet.aircraftPerHub() : 0));
    }
    for (String hub : fleet.hubs()) {
      if (!standing.containsKey(hub)) {
        throw new IllegalArgumentException(
            "flightboard.fleet.hubs must be airports, but there is no \"" + hub + "\"");
      }
    }
    this.gates = fleet.gates();
    this.fleet = fleet.hubs().size() * fleet.aircraftPerHub();
    this.landing = fleet.landing();
    this.patience = StmOptions.defaults().name("gates").timeout(fleet.patience());
    this.moves =
        flights
            .asFlux()
            .flatMap(this::moveAndLand, MOVES_AT_ONCE, 1)
            .subscribe(nothing -> {}, failure -> log.error("The gates have failed", failure));
  }

  /** Tells of a flight; answers at once. */
  void flown(Flight flight) {
    flights.trySend(flight);
  }

  private Mono<Void> moveAndLand(Flight flight) {
    return move(flight.origin(), flight.destination())
        .filter(done -> done)
        .flatMap(done -> land(flight.destination()));
  }

  /** Whether an aircraft has moved; {@code false} if there is none here, or no gate in time. */
  Mono<Boolean> move(String origin, String destination) {
    TRef<Integer> here = standing.get(origin);
    TRef<Integer> there = standing.get(destination);
    if (here == null || there == null || here == there) {
      return Mono.just(false);
    }
    return Stm.atomic(
            patience,
            tx -> {
              int aircraft = tx.get(here);
              if (aircraft == 0) {
                return false;
              }
              tx.check(tx.get(there) < gates);
              tx.set(here, aircraft - 1);
              tx.set(there, tx.get(there) + 1);
              return true;
            })
        .doOnNext(
            done -> {
              if (done) {
                moved.increment();
              }
            })
        .onErrorResume(
            ConflictException.class,
            late -> {
              stayed.increment();
              return Mono.just(false);
            });
  }

  private Mono<Void> land(String airport) {
    Mono<Void> touchDown = landing.isZero() ? Mono.empty() : Mono.delay(landing).then();
    return runways.withLock(airport, touchDown.doOnSuccess(down -> landed.increment()));
  }

  /** All airports at one instant. */
  Mono<Status> status() {
    return Stm.readOnly(
        tx -> {
          int aircraft = 0;
          Map<String, Integer> taken = new LinkedHashMap<>();
          for (Map.Entry<String, TRef<Integer>> airport : standing.entrySet()) {
            int here = tx.get(airport.getValue());
            aircraft += here;
            if (here > 0) {
              taken.put(airport.getKey(), here);
            }
          }
          return new Status(
              fleet,
              aircraft,
              gates,
              moved.sum(),
              landed.sum(),
              stayed.sum(),
              runways.activeKeys(),
              taken.entrySet().stream()
                  .map(at -> new Taken(at.getKey(), at.getValue()))
                  .sorted((a, b) -> Integer.compare(b.aircraft(), a.aircraft()))
                  .toList());
        });
  }

  /**
   * The fleet.
   *
   * @param fleet how many aircraft there are
   * @param aircraft how many stand at gates, counted at one instant: as many
   * @param gates how many gates an airport has
   * @param moved how often one has moved
   * @param landed how many of these have left the runway
   * @param stayed how many waited for a gate in vain
   * @param runways how many runways are in use now
   * @param airports where they stand, most first
   */
  record Status(
      int fleet,
      int aircraft,
      int gates,
      long moved,
      long landed,
      long stayed,
      int runways,
      List<Taken> airports) {}

  /**
   * The gates of an airport.
   *
   * @param code which airport
   * @param aircraft how many of them are taken
   */
  record Taken(String code, int aircraft) {}

  @Override
  public void destroy() {
    flights.cancel();
    moves.dispose();
  }
}
