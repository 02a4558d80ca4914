package dev.velox.examples.flightboard;

import dev.velox.reactor.sync.KeyedMutex;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * One runway for each airport: one landing at a time, first come, first served, while those of
 * other airports go on side by side.
 *
 * <p>An airport's landings are counted by the one that has its runway, before it leaves it.
 */
final class Runways {

  private final KeyedMutex<String> inUse = KeyedMutex.create();
  private final Map<String, Long> landings = new ConcurrentHashMap<>();
  private final Function<String, Mono<Void>> touchDown;

  /**
   * @param landing how long a landing takes the runway
   */
  Runways(Duration landing) {
    this(code -> landing.isZero() ? Mono.empty() : Mono.delay(landing).then());
  }

  /**
   * @param touchDown what a landing does while it has the runway of an airport
   */
  Runways(Function<String, Mono<Void>> touchDown) {
    this.touchDown = touchDown;
  }

  /** Completes when the runway is free for the next. One that is cancelled has not landed. */
  Mono<Void> land(String code) {
    return inUse.withLock(
        code,
        Mono.defer(() -> touchDown.apply(code))
            .doOnSuccess(down -> landings.merge(code, 1L, Long::sum)));
  }

  Runway at(String code) {
    return new Runway(
        code, inUse.isLocked(code), inUse.waiting(code), landings.getOrDefault(code, 0L));
  }

  /** Those with the most landings, most first. */
  List<Runway> busiest(int most) {
    return List.copyOf(landings.entrySet()).stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(most)
        .map(airport -> at(airport.getKey()))
        .toList();
  }

  /** All landings so far. */
  long landed() {
    return landings.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many are in use now. */
  int active() {
    return inUse.activeKeys();
  }

  /**
   * The runway of an airport.
   *
   * @param code which airport
   * @param inUse whether one is landing now
   * @param waiting how many wait for it
   * @param landings how many have landed
   */
  record Runway(String code, boolean inUse, int waiting, long landings) {}
}
