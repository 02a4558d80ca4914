package dev.velox.benchmarks.keyed;

import dev.velox.benchmarks.Threads;
import java.util.Arrays;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Events of many keys, and the work on each, which finds out if a key's events are handled out of
 * order or at once.
 */
final class Events {

  record Event(int key, int number) {}

  private final Event[] events;
  private final int[] next;
  private final boolean hops;
  private final Scheduler pool = Threads.newPool();

  Events(int events, int keys, boolean hops) {
    this.events = new Event[events];
    this.hops = hops;
    next = new int[keys];
    int[] given = new int[keys];
    int seed = 42;
    for (int i = 0; i < events; i++) {
      seed = seed * 1_664_525 + 1_013_904_223;
      int key = Math.floorMod(seed >>> 8, keys);
      this.events[i] = new Event(key, given[key]++);
    }
  }

  Flux<Event> flux() {
    Arrays.fill(next, 0);
    return Flux.fromArray(events);
  }

  /** Handles one event: at once, or after a hop to a pool. */
  Mono<Event> handle(Event event) {
    return hops
        ? Mono.fromCallable(() -> now(event)).subscribeOn(pool)
        : Mono.fromCallable(() -> now(event));
  }

  private Event now(Event event) {
    // Not atomic on purpose: two at once, or out of order, show.
    if (next[event.key] != event.number) {
      throw new IllegalStateException("Key " + event.key + " handled out of order");
    }
    next[event.key] = event.number + 1;
    return event;
  }

  Scheduler pool() {
    return pool;
  }

  void check(long handled) {
    if (handled != events.length) {
      throw new IllegalStateException("Wrong answer: " + handled + " of " + events.length);
    }
  }

  void close() {
    pool.dispose();
  }
}
