package dev.velox.benchmarks.broadcast;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.TallySubscriber;
import dev.velox.benchmarks.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Reactor's {@code multicast} sink and its {@code publish} operator; subscribers inline, or each
 * behind a hop.
 */
final class ReactorMulticast implements BroadcastPeer {

  private static final int BUFFER = 256;

  private final boolean sink;
  private final boolean hop;
  private final Scheduler pool = Threads.newPool();

  ReactorMulticast(boolean sink, boolean hop) {
    this.sink = sink;
    this.hop = hop;
  }

  @Override
  public Tally run(int subscribers, Item[] items) throws Exception {
    List<Future<Tally>> seen = new ArrayList<>();
    if (sink) {
      Sinks.Many<Item> many = Sinks.many().multicast().onBackpressureBuffer(BUFFER, false);
      subscribe(many.asFlux(), subscribers, seen);
      for (Item item : items) {
        emit(many, item);
      }
      many.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
    } else {
      subscribe(Flux.fromArray(items).publish(BUFFER).autoConnect(subscribers), subscribers, seen);
    }
    return Threads.sum(seen);
  }

  private void subscribe(Flux<Item> flux, int subscribers, List<Future<Tally>> seen) {
    for (int i = 0; i < subscribers; i++) {
      TallySubscriber subscriber = new TallySubscriber();
      (hop ? flux.publishOn(pool, BUFFER) : flux).subscribe(subscriber);
      seen.add(subscriber.end());
    }
  }

  private static void emit(Sinks.Many<Item> many, Item item) {
    Sinks.EmitResult result = many.tryEmitNext(item);
    while (result == Sinks.EmitResult.FAIL_OVERFLOW) {
      Thread.yield();
      result = many.tryEmitNext(item);
    }
    result.orThrow();
  }

  @Override
  public void close() {
    pool.dispose();
  }
}
