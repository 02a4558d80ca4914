package dev.velox.reactor.parallel;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Searches over chunks that stop as soon as the answer is known. */
final class Search {

  private static final int NONE = Integer.MAX_VALUE;
  private static final int UNKNOWN = -1;

  /** The place of the first item that a chunk found, or {@link #NONE}. */
  private record Finding(int chunk, int place) {}

  private Search() {}

  /** Whether the predicate holds for the index of some item. */
  static Mono<Boolean> any(
      ChunkRun run, int parallelism, Scheduler scheduler, IntPredicate predicate) {
    AtomicInteger best = new AtomicInteger(NONE);
    return run.rails(parallelism, scheduler)
        .map(chunk -> look(run, chunk, best, predicate))
        .filter(finding -> finding.place != NONE)
        .sequential()
        .doOnCancel(run::stop)
        .next()
        .hasElement();
  }

  /** The first index for which the predicate holds. */
  static Mono<Integer> first(
      ChunkRun run, int chunks, int parallelism, Scheduler scheduler, IntPredicate predicate) {
    AtomicInteger best = new AtomicInteger(NONE);
    InOrder inOrder = new InOrder(chunks);
    return run.rails(parallelism, scheduler)
        .map(chunk -> look(run, chunk, best, predicate))
        .sequential()
        .<Integer>handle(
            (finding, sink) -> {
              Integer answer = inOrder.add(finding);
              if (answer != null) {
                sink.next(answer);
              }
            })
        .doOnCancel(run::stop)
        .next();
  }

  private static Finding look(ChunkRun run, int chunk, AtomicInteger best, IntPredicate predicate) {
    int[] place = {NONE};
    run.guard(
        chunk,
        number -> {
          int to = run.to(number);
          for (int i = run.from(number); i < to && i < best.get() && !run.getAsBoolean(); i++) {
            if (predicate.test(i)) {
              int found = i;
              best.updateAndGet(before -> Math.min(before, found));
              place[0] = found;
              return;
            }
          }
        });
    return new Finding(chunk, place[0]);
  }

  /** Waits with an answer until the chunks before it are known to have none; serial calls only. */
  private static final class InOrder {
    private final int[] places;
    private int next;

    InOrder(int chunks) {
      this.places = new int[chunks];
      Arrays.fill(places, UNKNOWN);
    }

    @Nullable Integer add(Finding finding) {
      places[finding.chunk] = finding.place;
      for (; next < places.length && places[next] != UNKNOWN; next++) {
        if (places[next] != NONE) {
          return places[next];
        }
      }
      return null;
    }
  }
}
