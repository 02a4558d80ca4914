package dev.velox.benchmarks.broadcast;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.TallySubscriber;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.SlowSubscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** A broadcast whose publisher waits for the slowest; subscribers inline, or behind a hop. */
final class VeloxBroadcast implements BroadcastPeer {

  private static final int BUFFER = 256;

  private final boolean hop;
  private final Scheduler pool = Threads.newPool();

  VeloxBroadcast(boolean hop) {
    this.hop = hop;
  }

  @Override
  public Tally run(int subscribers, Item[] items) throws Exception {
    Broadcast<Item> broadcast =
        Broadcast.<Item>builder().subscribers(SlowSubscriber.WAIT, BUFFER).build();
    List<Future<Tally>> seen = new ArrayList<>();
    for (int i = 0; i < subscribers; i++) {
      TallySubscriber subscriber = new TallySubscriber();
      Flux<Item> flux = broadcast.asFlux();
      (hop ? flux.publishOn(pool, BUFFER) : flux).subscribe(subscriber);
      seen.add(subscriber.end());
    }
    broadcast.publishAll(Flux.fromArray(items)).subscribe(published -> broadcast.close());
    return Threads.sum(seen);
  }

  @Override
  public void close() {
    pool.dispose();
  }
}
