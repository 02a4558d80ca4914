package dev.velox.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.collection.ConcurrentQueue;
import dev.velox.reactor.parallel.Parallel;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Fails when an operation allocates more than is recorded: bytes per operation don't depend on the
 * machine or on its load, as times do.
 *
 * <p>Every shape runs in the calling thread alone, whose allocations the JVM counts exactly. The
 * least of many rounds counts, since the compiler removes allocations only once it is done.
 */
public final class Guard {

  private static final int ROUNDS = 40;
  private static final int OPERATIONS = 5_000;
  private static final int STREAM = 1_000;

  private Guard() {}

  /**
   * Measures each shape.
   *
   * @param arguments the file of limits; with {@code --record} after it, the file is written anew
   * @throws IOException if the file can't be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    boolean record = arguments.length > 1 && arguments[1].equals("--record");
    Map<String, Double> limits = record ? Map.of() : read(file);
    List<String> lines = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    Map<String, Shape> shapes = shapes();
    if (!record && !limits.keySet().equals(shapes.keySet())) {
      broken.add("shapes measured: " + shapes.keySet() + ", recorded: " + limits.keySet());
    }
    shapes.forEach(
        (name, shape) -> {
          double bytes = bytesPerOperation(shape);
          // Room for another JDK's object layouts and inlining.
          double limit = record ? Math.ceil(bytes * 1.3) + 16 : limits.getOrDefault(name, 0.0);
          lines.add(String.format(Locale.ROOT, "%s\t%.0f\t%.0f", name, limit, bytes));
          System.out.printf(Locale.ROOT, "%-28s %8.1f bytes, limit %6.0f%n", name, bytes, limit);
          if (bytes > limit) {
            broken.add(name + " allocates " + Math.round(bytes) + " bytes, limit " + limit);
          }
        });
    if (record) {
      Files.writeString(
          file,
          "# shape\tlimit\trecorded, in bytes per operation\n" + String.join("\n", lines) + "\n");
    }
    if (!broken.isEmpty()) {
      broken.forEach(System.err::println);
      System.exit(1);
    }
  }

  private static Map<String, Double> read(Path file) throws IOException {
    Map<String, Double> limits = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("#")) {
        String[] cells = line.split("\t", -1);
        limits.put(cells[0], Double.valueOf(cells[1]));
      }
    }
    return limits;
  }

  private static double bytesPerOperation(Shape shape) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    int runs = OPERATIONS / shape.operations();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      for (int run = 0; run < runs; run++) {
        shape.body().run();
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
    }
    return (double) least / (runs * (long) shape.operations());
  }

  private static Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();

    Channel<Integer> channel = Channel.bounded(16);
    shapes.put(
        "channel trySend, receive",
        once(
            () -> {
              channel.trySend(1);
              check(channel.receive());
            }));
    Channel<Integer> sends = Channel.bounded(16);
    shapes.put(
        "channel send, receive",
        once(
            () -> {
              sends.send(1).subscribe();
              check(sends.receive());
            }));
    shapes.put(
        "channel sendAll, asFlux",
        new Shape(
            STREAM,
            () -> {
              Channel<Integer> stream = Channel.bounded(16);
              stream.sendAll(Flux.range(0, STREAM)).subscribe(sent -> stream.close());
              checkAll(stream.asFlux());
            }));

    Broadcast<Integer> broadcast = Broadcast.<Integer>builder().build();
    broadcast.asFlux().subscribe();
    shapes.put("broadcast tryPublish", once(() -> broadcast.tryPublish(1)));

    Mono<Integer> one = Mono.just(1);
    Mutex mutex = Mutex.create();
    Mono<Integer> locked = one.transform(mutex::withLock);
    shapes.put("mutex withLock", once(() -> check(locked)));
    Semaphore semaphore = Semaphore.of(4);
    Flux<Integer> limited = one.flux().transform(semaphore.limit(1));
    shapes.put("semaphore limit", once(() -> check(limited.next())));
    KeyedMutex<String> keyed = KeyedMutex.create();
    Mono<Integer> perKey = keyed.withLock("key", one);
    shapes.put("keyed mutex withLock", once(() -> check(perKey)));

    RetryPolicy policy = new RetryPolicy(3, attempt -> Duration.ofSeconds(1), error -> true);
    Mono<Integer> retried = one.transform(policy.operator());
    shapes.put("retry without a failure", once(() -> check(retried)));

    Flux<Integer> mapped =
        Flux.range(0, STREAM).transform(Parallel.map(8, (Integer item) -> Mono.just(item)));
    shapes.put("parallel map", new Shape(STREAM, () -> checkAll(mapped)));

    TRef<Integer> ref = TRef.of(0);
    Mono<?> increment = ref.update(x -> 1 - x).as(Stm::atomic);
    shapes.put("transaction of one ref", once(() -> increment.subscribe()));

    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    map.set("key", 1).subscribe();
    shapes.put("map get", once(() -> check(map.get("key"))));
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(16);
    shapes.put(
        "queue enqueue, dequeue",
        once(
            () -> {
              queue.enqueue(1).subscribe();
              check(queue.dequeue());
            }));
    return shapes;
  }

  private static Shape once(Runnable body) {
    return new Shape(1, body);
  }

  private static void check(Mono<Integer> mono) {
    int[] seen = new int[1];
    mono.subscribe(value -> seen[0]++);
    if (seen[0] != 1) {
      throw new IllegalStateException("no value at once");
    }
  }

  private static void checkAll(Flux<Integer> flux) {
    int[] seen = new int[1];
    flux.subscribe(value -> seen[0]++);
    if (seen[0] != STREAM) {
      throw new IllegalStateException(seen[0] + " of " + STREAM + " elements");
    }
  }

  private record Shape(int operations, Runnable body) {}
}
