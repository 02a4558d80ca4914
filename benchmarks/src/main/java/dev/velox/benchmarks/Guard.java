package dev.velox.benchmarks;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
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
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.reactor.bulkhead.operator.BulkheadOperator;
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
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.pool.Pool;
import reactor.pool.PoolBuilder;
import reactor.util.retry.Retry;
import scala.concurrent.stm.Ref;
import scala.concurrent.stm.japi.STM;

/**
 * Fails when an operation allocates more than is recorded, or has become much slower than its peer
 * in the same run: neither depends on the machine or on its load, as times do.
 *
 * <p>Every shape runs in the calling thread alone, whose allocations the JVM counts exactly, in
 * turn with its peer, for some seconds. The least of all rounds counts, on both sides: the compiler
 * removes allocations only once it is done, and what else the machine does only ever makes a round
 * longer.
 */
public final class Guard {

  private static final int ROUNDS = 40;
  private static final long NANOS = TimeUnit.SECONDS.toNanos(3);
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
    Map<String, Limits> limits = record ? Map.of() : read(file);
    List<String> lines = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    Map<String, Shape> shapes = shapes();
    if (!record && !limits.keySet().equals(shapes.keySet())) {
      broken.add("shapes measured: " + shapes.keySet() + ", recorded: " + limits.keySet());
    }
    shapes.forEach(
        (name, shape) -> {
          Measured seen = measure(shape);
          Limits limit = record ? Limits.around(seen) : limits.getOrDefault(name, Limits.NONE);
          lines.add(
              String.format(
                  Locale.ROOT,
                  "%s\t%.0f\t%.0f\t%s\t%.3f\t%.3f",
                  name,
                  limit.bytes(),
                  seen.bytes(),
                  shape.peer().name(),
                  limit.ratio(),
                  seen.ratio()));
          System.out.printf(
              Locale.ROOT,
              "%-26s %7.1f bytes, at most %5.0f; %6.2f times as fast as %s, at least %.3f%n",
              name,
              seen.bytes(),
              limit.bytes(),
              seen.ratio(),
              shape.peer().name(),
              limit.ratio());
          if (seen.bytes() > limit.bytes()) {
            broken.add(
                "%s allocates %.0f bytes, limit %.0f".formatted(name, seen.bytes(), limit.bytes()));
          }
          if (seen.ratio() < limit.ratio()) {
            broken.add(
                "%s is %.3f times as fast as %s, limit %.3f"
                    .formatted(name, seen.ratio(), shape.peer().name(), limit.ratio()));
          }
        });
    if (record) {
      Files.writeString(
          file,
          "# shape\tmost bytes per operation\trecorded\tpeer\tleast times as fast\trecorded\n"
              + String.join("\n", lines)
              + "\n");
    }
    if (!broken.isEmpty()) {
      broken.forEach(System.err::println);
      System.exit(1);
    }
  }

  private record Measured(double bytes, double ratio) {}

  private record Limits(double bytes, double ratio) {
    static final Limits NONE = new Limits(0, Double.MAX_VALUE);

    /** With room for another JDK's object layouts and inlining, and for another processor. */
    static Limits around(Measured seen) {
      return new Limits(Math.ceil(seen.bytes() * 1.3) + 16, seen.ratio() / 4);
    }
  }

  private static Map<String, Limits> read(Path file) throws IOException {
    Map<String, Limits> limits = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("#")) {
        String[] cells = line.split("\t", -1);
        limits.put(
            cells[0], new Limits(Double.parseDouble(cells[1]), Double.parseDouble(cells[4])));
      }
    }
    return limits;
  }

  private static Measured measure(Shape shape) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    int runs = OPERATIONS / shape.operations();
    long bytes = Long.MAX_VALUE;
    long nanos = Long.MAX_VALUE;
    long peers = Long.MAX_VALUE;
    long begun = System.nanoTime();
    for (int round = 0; round < ROUNDS || System.nanoTime() - begun < NANOS; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      nanos = Math.min(nanos, nanos(runs, shape.body()));
      bytes = Math.min(bytes, threads.getThreadAllocatedBytes(thread) - before);
      peers = Math.min(peers, nanos(runs, shape.peer().body()));
    }
    return new Measured(
        (double) bytes / (runs * (long) shape.operations()), (double) peers / nanos);
  }

  private static long nanos(int runs, Runnable body) {
    long begun = System.nanoTime();
    for (int run = 0; run < runs; run++) {
      body.run();
    }
    return System.nanoTime() - begun;
  }

  private static Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    Mono<Integer> one = Mono.just(1);
    Queue<Integer> arrayQueue = new ArrayBlockingQueue<>(16);
    Peer queuePeer =
        new Peer(
            "ArrayBlockingQueue",
            () -> {
              arrayQueue.offer(1);
              check(Mono.fromSupplier(arrayQueue::poll));
            });
    Pool<Integer> pool = PoolBuilder.from(one).sizeBetween(1, 1).buildPool();
    Mono<Integer> pooled = pool.withPoolable(resource -> one).next();
    Peer poolPeer = new Peer("reactor-pool", () -> check(pooled));

    Channel<Integer> channel = Channel.bounded(16);
    shapes.put(
        "channel trySend, receive",
        once(
            () -> {
              channel.trySend(1);
              check(channel.receive());
            },
            queuePeer));
    Channel<Integer> sends = Channel.bounded(16);
    shapes.put(
        "channel send, receive",
        once(
            () -> {
              sends.send(1).subscribe();
              check(sends.receive());
            },
            queuePeer));
    Flux<Integer> handedOver = Flux.range(0, STREAM).hide().publishOn(Schedulers.immediate(), 16);
    shapes.put(
        "channel sendAll, asFlux",
        new Shape(
            STREAM,
            () -> {
              Channel<Integer> stream = Channel.bounded(16);
              stream.sendAll(Flux.range(0, STREAM)).subscribe(sent -> stream.close());
              checkAll(stream.asFlux());
            },
            new Peer("publishOn", () -> checkAll(handedOver))));

    Broadcast<Integer> broadcast = Broadcast.<Integer>builder().build();
    broadcast.asFlux().subscribe();
    Sinks.Many<Integer> multicast = Sinks.many().multicast().onBackpressureBuffer(16, false);
    multicast.asFlux().subscribe();
    shapes.put(
        "broadcast tryPublish",
        once(
            () -> broadcast.tryPublish(1),
            new Peer(
                "Sinks.multicast",
                () -> multicast.emitNext(1, Sinks.EmitFailureHandler.FAIL_FAST))));

    Mutex mutex = Mutex.create();
    Mono<Integer> locked = one.transform(mutex::withLock);
    shapes.put("mutex withLock", once(() -> check(locked), poolPeer));
    Semaphore semaphore = Semaphore.of(4);
    Flux<Integer> limited = one.flux().transform(semaphore.limit(1));
    Bulkhead bulkhead = Bulkhead.of("guard", BulkheadConfig.custom().maxConcurrentCalls(4).build());
    Mono<Integer> bulkheaded = one.flux().transform(BulkheadOperator.of(bulkhead)).next();
    shapes.put(
        "semaphore limit",
        once(
            () -> check(limited.next()),
            new Peer("Resilience4j Bulkhead", () -> check(bulkheaded))));
    KeyedMutex<String> keyed = KeyedMutex.create();
    Mono<Integer> perKey = keyed.withLock("key", one);
    shapes.put("keyed mutex withLock", once(() -> check(perKey), poolPeer));

    RetryPolicy policy = new RetryPolicy(3, attempt -> Duration.ofSeconds(1), error -> true);
    Mono<Integer> retried = one.transform(policy.operator());
    Mono<Integer> retriedByReactor = one.retryWhen(Retry.max(3));
    shapes.put(
        "retry without a failure",
        once(() -> check(retried), new Peer("Retry.max", () -> check(retriedByReactor))));

    Flux<Integer> mapped =
        Flux.range(0, STREAM).transform(Parallel.map(8, (Integer item) -> Mono.just(item)));
    Flux<Integer> sequential = Flux.range(0, STREAM).flatMapSequential(Mono::just, 8);
    shapes.put(
        "parallel map",
        new Shape(
            STREAM,
            () -> checkAll(mapped),
            new Peer("flatMapSequential", () -> checkAll(sequential))));

    TRef<Integer> ref = TRef.of(0);
    Mono<?> increment = ref.update(x -> 1 - x).as(Stm::atomic);
    Ref.View<Integer> scalaRef = STM.newRef(0);
    shapes.put(
        "transaction of one ref",
        once(
            () -> increment.subscribe(),
            new Peer("ScalaSTM", () -> STM.atomic(() -> scalaRef.set(1 - scalaRef.get())))));

    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    map.set("key", 1).subscribe();
    AsyncCache<String, Integer> cache = Caffeine.newBuilder().buildAsync();
    cache.put("key", CompletableFuture.completedFuture(1));
    Mono<Integer> cached = Mono.fromFuture(() -> cache.getIfPresent("key"), true);
    shapes.put(
        "map get",
        once(() -> check(map.get("key")), new Peer("Caffeine AsyncCache", () -> check(cached))));
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(16);
    shapes.put(
        "queue enqueue, dequeue",
        once(
            () -> {
              queue.enqueue(1).subscribe();
              check(queue.dequeue());
            },
            queuePeer));
    return shapes;
  }

  private static Shape once(Runnable body, Peer peer) {
    return new Shape(1, body, peer);
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

  /** Does as many operations of the same kind in a run of its body as the shape. */
  private record Peer(String name, Runnable body) {}

  private record Shape(int operations, Runnable body, Peer peer) {}
}
