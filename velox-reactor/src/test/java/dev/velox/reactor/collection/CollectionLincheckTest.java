package dev.velox.reactor.collection;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/**
 * Linearizability of the collections as their users see them. What they stand on is checked by
 * model checking where it is: the channel's core, and the gate of a keyed mutex.
 */
@Tag("stress")
class CollectionLincheckTest {

  private static void check(Class<?> operations, Class<?> specification) {
    new StressOptions()
        .threads(3)
        .actorsPerThread(4)
        .iterations(30)
        .invocationsPerIteration(1_000)
        .sequentialSpecification(specification)
        .check(operations);
  }

  @Test
  void a_map_is_linearizable() {
    check(MapOperations.class, MapModel.class);
  }

  @Test
  void a_queue_is_linearizable() {
    check(QueueOperations.class, QueueModel.class);
  }

  /** Two keys, so that operations of one key and of several meet. */
  @Param(name = "key", gen = IntGen.class, conf = "0:1")
  @Param(name = "value", gen = IntGen.class, conf = "1:9")
  public static final class MapOperations {
    private final ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();

    @Operation
    public Integer get(@Param(name = "key") int key) {
      return map.get(key).block();
    }

    @Operation
    public void set(@Param(name = "key") int key, @Param(name = "value") int value) {
      map.set(key, value).block();
    }

    @Operation
    public Boolean delete(@Param(name = "key") int key) {
      return map.delete(key).block();
    }

    @Operation
    public Integer add(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.compute(key, (k, v) -> Mono.just(v == null ? value : v + value)).block();
    }

    @Operation
    public Integer twice(@Param(name = "key") int key) {
      return map.update(key, v -> v * 2).block();
    }

    @Operation
    public Integer getOrLoad(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.getOrLoad(key, k -> Mono.just(value)).block();
    }
  }

  /** What each operation means, one after the other. */
  public static final class MapModel {
    private final Map<Integer, Integer> map = new HashMap<>();

    public Integer get(int key) {
      return map.get(key);
    }

    public void set(int key, int value) {
      map.put(key, value);
    }

    public Boolean delete(int key) {
      return map.remove(key) != null;
    }

    public Integer add(int key, int value) {
      return map.merge(key, value, Integer::sum);
    }

    public Integer twice(int key) {
      return map.computeIfPresent(key, (k, v) -> v * 2);
    }

    public Integer getOrLoad(int key, int value) {
      return map.computeIfAbsent(key, k -> value);
    }
  }

  /** A queue of two. */
  public static final class QueueOperations {
    private final ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(2);

    @Operation
    public boolean tryEnqueue(@Param(gen = IntGen.class, conf = "1:9") int item) {
      return queue.tryEnqueue(item);
    }

    @Operation
    public Integer tryDequeue() {
      return queue.tryDequeue().orElse(null);
    }

    @Operation
    public Integer peek() {
      return queue.peek().orElse(null);
    }

    @Operation
    public int size() {
      return queue.size();
    }

    @Operation
    public String takeUpTo() {
      return String.valueOf(queue.takeUpTo(2).block());
    }

    @Operation
    public boolean shutdown() {
      return queue.shutdown();
    }
  }

  /** What each operation means, one after the other. */
  public static final class QueueModel {
    private final Deque<Integer> queue = new ArrayDeque<>();
    private boolean shut;

    public boolean tryEnqueue(int item) {
      return !shut && queue.size() < 2 && queue.add(item);
    }

    public Integer tryDequeue() {
      return queue.poll();
    }

    public Integer peek() {
      return queue.peek();
    }

    public int size() {
      return queue.size();
    }

    public String takeUpTo() {
      if (queue.isEmpty()) {
        return shut ? "null" : "[]";
      }
      String taken = queue.toString();
      queue.clear();
      return taken;
    }

    public boolean shutdown() {
      boolean did = !shut;
      shut = true;
      return did;
    }
  }
}
