package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.TallySubscriber;
import dev.velox.benchmarks.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.Sinks.EmitResult;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What Reactor offers by itself. */
final class ReactorPeers {

  private ReactorPeers() {}

  /**
   * From one {@code parallel()} worker to another, or between the threads of a pool, as many items
   * ahead as the capacity.
   */
  record PublishOn(int capacity, Scheduler from, Scheduler to) implements ChannelPeer {

    static PublishOn parallel(int capacity) {
      return new PublishOn(capacity, Schedulers.parallel(), Schedulers.parallel());
    }

    static PublishOn pool(int capacity) {
      Scheduler pool = Threads.newPool();
      return new PublishOn(capacity, pool, pool);
    }

    @Override
    public Tally run(int producers, int consumers, Item[] items) throws Exception {
      TallySubscriber seen = new TallySubscriber();
      Flux.fromArray(items).subscribeOn(from).publishOn(to, Math.max(1, capacity)).subscribe(seen);
      return Threads.await(seen.end());
    }

    @Override
    public void close() {
      if (from != Schedulers.parallel()) {
        from.dispose();
      }
    }
  }

  /**
   * Sources on threads of their own, merged: the consumer runs on the thread of whichever producer
   * drains.
   */
  record Merge(int capacity) implements ChannelPeer {

    @Override
    public Tally run(int producers, int consumers, Item[] items) throws Exception {
      List<Flux<Item>> sources = new ArrayList<>();
      for (int i = 0; i < producers; i++) {
        sources.add(Flux.fromArray(items).subscribeOn(Schedulers.parallel()));
      }
      TallySubscriber seen = new TallySubscriber();
      Flux.fromIterable(sources)
          .flatMap(source -> source, producers, Math.max(1, capacity))
          .subscribe(seen);
      return Threads.await(seen.end());
    }
  }

  /** Threads that push into one sink, each item until it is taken. */
  abstract static class Pushing implements ChannelPeer {

    private final ExecutorService threads = Threads.newPlatform();
    private final Scheduler consumer = Threads.newPool();
    final int capacity;
    private final boolean hop;

    Pushing(int capacity, boolean hop) {
      this.capacity = capacity;
      this.hop = hop;
    }

    /**
     * Runs {@code producers} on threads, which push by the function given, and ends the flux after
     * them.
     */
    final Tally push(
        int producers,
        Item[] items,
        Flux<Item> flux,
        Runnable ready,
        Runnable end,
        Consumer<Item> emit)
        throws Exception {
      TallySubscriber seen = new TallySubscriber();
      (hop ? flux.publishOn(consumer) : flux).subscribe(seen);
      ready.run();
      Threads.awaitAll(
          Threads.submit(
              threads,
              producers,
              () -> {
                for (Item item : items) {
                  emit.accept(item);
                }
                return null;
              }));
      end.run();
      return Threads.await(seen.end());
    }

    @Override
    public void close() {
      threads.shutdownNow();
      consumer.dispose();
    }
  }

  /**
   * A unicast sink; who finds it busy or full yields and tries again, or all take turns under a
   * lock.
   */
  static final class UnicastSink extends Pushing {

    private final boolean locked;

    UnicastSink(int capacity, boolean hop, boolean locked) {
      super(capacity, hop);
      this.locked = locked;
    }

    @Override
    public Tally run(int producers, int consumers, Item[] items) throws Exception {
      Sinks.Many<Item> sink =
          capacity == UNBOUNDED
              ? Sinks.many().unicast().onBackpressureBuffer()
              : Sinks.many()
                  .unicast()
                  .onBackpressureBuffer(new ArrayBlockingQueue<>(Math.max(1, capacity)));
      return push(
          producers,
          items,
          sink.asFlux(),
          () -> {},
          () -> sink.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST),
          locked ? item -> emitInTurn(sink, item) : item -> emit(sink, item));
    }

    private static void emitInTurn(Sinks.Many<Item> sink, Item item) {
      EmitResult result;
      do {
        synchronized (sink) {
          result = sink.tryEmitNext(item);
        }
      } while (again(result));
    }

    /** As {@code EmitFailureHandler.busyLooping} does, and also while there is no room. */
    private static void emit(Sinks.Many<Item> sink, Item item) {
      while (again(sink.tryEmitNext(item))) {
        Thread.onSpinWait();
      }
    }

    private static boolean again(EmitResult result) {
      switch (result) {
        case OK:
          return false;
        case FAIL_OVERFLOW:
          Thread.yield();
          return true;
        case FAIL_NON_SERIALIZED:
          return true;
        default:
          throw new Sinks.EmissionException(result);
      }
    }
  }

  /** {@code Flux.create}, whose sink serialises its callers and buffers without bound. */
  static final class Create extends Pushing {

    Create(int capacity, boolean hop) {
      super(capacity, hop);
    }

    @Override
    public Tally run(int producers, int consumers, Item[] items) throws Exception {
      CompletableFuture<FluxSink<Item>> sinks = new CompletableFuture<>();
      Flux<Item> flux = Flux.create(sinks::complete);
      return push(
          producers,
          items,
          flux,
          sinks::join,
          () -> sinks.join().complete(),
          item -> sinks.join().next(item));
    }
  }
}
