package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One producer tells items to many actors in turn: whether their number matters. */
@State(Scope.Benchmark)
public class TellMany {

  static final int ITEMS = 100_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Param({"velox"})
  public String peer;

  @Param({"10", "100", "1000", "10000", "100000"})
  public int actors;

  private final AtomicInteger left = new AtomicInteger();
  private final List<Actor<Item>> all = new ArrayList<>();
  private final Item item = new Item(1);
  private volatile CompletableFuture<Integer> end = new CompletableFuture<>();

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("actors").equals("1000");
  }

  @Setup
  public void open() {
    for (int i = 0; i < actors; i++) {
      all.add(
          Actor.of(
              0,
              Behavior.sync(
                  (seen, told) -> {
                    if (left.addAndGet(-told.number()) == 0) {
                      end.complete(0);
                    }
                    return seen + 1;
                  })));
    }
  }

  @TearDown
  public void close() {
    all.forEach(Actor::dispose);
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public int run() throws Exception {
    end = new CompletableFuture<>();
    left.set(ITEMS);
    for (int i = 0; i < ITEMS; i++) {
      Actor<Item> next = all.get(i % actors);
      if (next.trySend(item) != SendResult.SENT) {
        next.send(item).block(PATIENCE);
      }
    }
    return Threads.await(end);
  }
}
