package dev.velox.benchmarks;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorBuilder;
import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.ActorGroup;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.sync.Mutex;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.openjdk.jol.info.GraphLayout;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Bytes of each idle object, in two ways that should agree: what JOL adds up, and how much the used
 * heap grows. What many instances share counts for none of them.
 */
public final class Footprint {

  private static final int FEW = 1_000;
  private static final int MANY = 200_000;

  private Footprint() {}

  /** What is weighed. */
  private static Map<String, Supplier<Object>> objects() {
    Map<String, Supplier<Object>> objects = new LinkedHashMap<>();
    objects.put("velox channel, rendezvous", Channel::rendezvous);
    objects.put("velox channel, capacity 16", () -> Channel.bounded(16));
    objects.put("velox channel, unbounded", Channel::unbounded);
    objects.put("velox channel, capacity 16, with a waiting receiver", Footprint::withReceiver);
    objects.put("velox mutex", Mutex::create);
    objects.put("velox semaphore", () -> dev.velox.reactor.sync.Semaphore.of(4));
    objects.put("velox mutex, held, with a waiter", Footprint::withWaiter);
    objects.put("velox actor", () -> Actor.of(0, ADDING));
    objects.put("velox actor, with a context", WITH_CONTEXT::build);
    objects.put("velox actor of a key in a group", Footprint::ofKey);
    objects.put("kotlinx Channel, capacity 16", () -> FootprintKt.channel(16));
    objects.put("kotlinx Channel, unlimited", () -> FootprintKt.channel(Integer.MAX_VALUE));
    objects.put("kotlinx Mutex", FootprintKt::mutex);
    objects.put("kotlinx Semaphore", FootprintKt::semaphore);
    objects.put("kotlinx channel actor", FootprintKt::actor);
    objects.put("ArrayBlockingQueue, capacity 16", () -> new ArrayBlockingQueue<>(16));
    objects.put("ReentrantLock", ReentrantLock::new);
    objects.put("Semaphore of the JDK", () -> new Semaphore(1));
    objects.put("Sinks unicast", () -> Sinks.many().unicast().onBackpressureBuffer());
    return objects;
  }

  private static final Behavior<Integer, Integer> ADDING = Behavior.sync(Integer::sum);
  private static final ActorBuilder<Integer, Integer> WITH_CONTEXT =
      Actor.builder(
          0,
          (ActorContext<Integer, Integer> context, Integer state, Integer message) ->
              Mono.just(state + message));
  private static final ActorGroup<Integer, Integer> GROUP =
      ActorGroup.byKey((Integer key) -> Actor.builder(0, ADDING));
  private static final AtomicInteger KEYS = new AtomicInteger();

  /** Its entry in the group's map and its place on the idle timer belong to it. */
  private static Object ofKey() {
    Actor<Integer> actor = GROUP.actor(KEYS.getAndIncrement());
    actor.trySend(1);
    return actor;
  }

  private static final Map<String, Integer> GOALS =
      Map.of(
          "velox actor", 400,
          "velox actor, with a context", 400,
          "velox channel, rendezvous", 200,
          "velox channel, capacity 16", 200,
          "velox channel, unbounded", 200,
          "velox mutex", 48,
          "velox semaphore", 48);

  private static Object withReceiver() {
    Channel<Object> channel = Channel.bounded(16);
    channel.receive().subscribe();
    return channel;
  }

  private static Object withWaiter() {
    Mutex mutex = Mutex.create();
    mutex.tryLock();
    mutex.lock().subscribe();
    return mutex;
  }

  public static void main(String[] args) throws IOException {
    Locale.setDefault(Locale.ROOT);
    List<String> lines = new ArrayList<>();
    lines.add("# Footprint");
    lines.add("");
    lines.add(
        "Bytes of an idle object, written by `benchmarks/run --footprint` on %s, JDK %d, compressed references."
            .formatted(LocalDate.now(), Runtime.version().feature()));
    lines.add(
        "`JOL` adds up the object's graph without what all share (– where each reaches all others);"
            + " `heap` is how much the used heap grows.");
    lines.add("");
    lines.add("| object | JOL | heap | goal | reached |");
    lines.add("|---|---|---|---|---|");
    for (Map.Entry<String, Supplier<Object>> object : objects().entrySet()) {
      long exact = exact(object.getValue());
      long heap = Math.round(heap(object.getValue()));
      Integer goal = GOALS.get(object.getKey());
      String line =
          "| %s | %s | %d | %s | %s |"
              .formatted(
                  object.getKey(),
                  exact > 0 ? String.valueOf(exact) : "–",
                  heap,
                  goal == null ? "–" : "≤ " + goal,
                  goal == null ? "–" : heap <= goal ? "yes" : "no");
      System.out.println(line);
      lines.add(line);
    }
    Path results = Rows.results();
    Files.createDirectories(results);
    Files.write(results.resolve("footprint.md"), lines);
  }

  /** The graph of many, less the graph of one, for each of the rest. */
  private static long exact(Supplier<Object> maker) {
    Object[] objects = new Object[FEW];
    for (int i = 0; i < FEW; i++) {
      objects[i] = maker.get();
    }
    long all = GraphLayout.parseInstance((Object) objects).totalSize();
    long one = GraphLayout.parseInstance((Object) new Object[] {objects[0]}).totalSize();
    // Both arrays have their header; the slots of the large one are not the objects' own.
    long slots =
        GraphLayout.parseInstance((Object) new Object[FEW]).totalSize()
            - GraphLayout.parseInstance((Object) new Object[1]).totalSize();
    return Math.round((all - one - slots) / (double) (FEW - 1));
  }

  private static double heap(Supplier<Object> maker) {
    maker.get();
    Object[] objects = new Object[MANY];
    long before = used();
    for (int i = 0; i < MANY; i++) {
      objects[i] = maker.get();
    }
    long after = used();
    if (objects[MANY - 1] == null) {
      throw new IllegalStateException();
    }
    return (after - before) / (double) MANY;
  }

  private static long used() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
