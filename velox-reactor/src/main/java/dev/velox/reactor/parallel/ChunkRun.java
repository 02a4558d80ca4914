package dev.velox.reactor.parallel;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.ParallelFlux;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * One subscription's run of a plain function over an array that is cut into chunks.
 *
 * <p>The chunks' numbers travel through a {@link ParallelFlux} whose rails hold one at a time, so a
 * rail that is free takes the next chunk, whatever the others are at. A chunk is a loop over its
 * items that looks, before each, whether the run has been stopped; without that, cancelling would
 * have to wait for the end of a chunk.
 *
 * <p>State: {@code failure} is set once, by the chunk that fails first, which alone signals it;
 * {@code stopped} only ever goes to {@code true}, by a failure, a cancellation or an early answer.
 */
final class ChunkRun implements BooleanSupplier {

  /**
   * Works on the items of one chunk.
   *
   * @param <A> what it comes to
   */
  @FunctionalInterface
  interface Work<A> {
    /** Works on items {@code from} to {@code to}, exclusive, unless {@code stopped} says true. */
    A over(int from, int to, BooleanSupplier stopped);
  }

  // So many chunks per rail even out chunks of unequal effort; so many items at most make the cost
  // of a chunk, about a microsecond, vanish beside its items.
  private static final int CHUNKS_PER_RAIL = 16;
  private static final int LARGEST_CHUNK = 1024;

  private final int length;
  private final int chunkSize;
  private final int chunks;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean stopped;

  ChunkRun(int length, int chunkSize) {
    this.length = length;
    this.chunkSize = chunkSize;
    this.chunks = chunks(length, chunkSize);
  }

  static int chunkSizeFor(int length, int parallelism) {
    long pieces = (long) parallelism * CHUNKS_PER_RAIL;
    return (int) Math.max(1, Math.min(LARGEST_CHUNK, (length + pieces - 1) / pieces));
  }

  static int chunks(int length, int chunkSize) {
    return (int) (((long) length + chunkSize - 1) / chunkSize);
  }

  int from(int chunk) {
    return chunk * chunkSize;
  }

  int to(int chunk) {
    return (int) Math.min(length, (long) chunk * chunkSize + chunkSize);
  }

  void stop() {
    stopped = true;
  }

  /** Whether it has been stopped. */
  @Override
  public boolean getAsBoolean() {
    return stopped;
  }

  /** The chunks' numbers, handed to rails one at a time. */
  ParallelFlux<Integer> rails(int parallelism, Scheduler scheduler) {
    return Flux.range(0, chunks)
        .parallel(Math.max(1, Math.min(parallelism, chunks)), 1)
        .runOn(scheduler, 1);
  }

  /** Runs the work over all chunks and gathers what they come to. */
  <A, R> Mono<R> gather(
      int parallelism, Scheduler scheduler, Work<A> work, Gather<A, R> gather, Context context) {
    Runnable end =
        () -> {
          stop();
          gather.discard(context);
        };
    return rails(parallelism, scheduler)
        .doOnNext(
            chunk ->
                guard(
                    chunk,
                    number -> {
                      gather.put(number, work.over(from(number), to(number), this));
                      if (stopped) {
                        gather.discard(context);
                      }
                    }))
        .then()
        .then(Mono.defer(() -> whole(gather)))
        .doOnError(error -> end.run())
        .doOnCancel(end);
  }

  /**
   * What the chunks came to. A cancellation may discard it in the middle: then nobody is there to
   * be told.
   */
  private <R> Mono<R> whole(Gather<?, R> gather) {
    try {
      return Mono.justOrEmpty(gather.whole());
    } catch (Throwable error) {
      Exceptions.throwIfJvmFatal(error);
      return stopped ? Mono.never() : Mono.error(error);
    }
  }

  /**
   * Runs a chunk unless stopped. The first failure stops the run and is thrown on; one that comes
   * after it is said with it.
   */
  void guard(int chunk, IntConsumer body) {
    if (stopped) {
      return;
    }
    try {
      body.accept(chunk);
    } catch (Throwable error) {
      Exceptions.throwIfJvmFatal(error);
      stop();
      if (failure.compareAndSet(null, error)) {
        throw error;
      }
      Failures.late(error, failure.get(), Context.empty());
    }
  }
}
