package dev.velox.reactor.collection;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class CollectionContractTest extends ConstructContract {

  @Override
  protected void construct() {
    consumer("dequeue", ConcurrentQueue::dequeue);
    consumer("take between", queue -> queue.takeBetween(1, 8));
    consumer("as flux", ConcurrentQueue::asFlux);
    producer("enqueue", queue -> queue.enqueue(7));
    producer("enqueue in time", queue -> queue.enqueue(7, Duration.ofHours(1)));
    publisher("take up to", () -> ConcurrentQueue.<Integer>bounded(1).takeUpTo(3));
    publisher("enqueue all", () -> ConcurrentQueue.<Integer>bounded(1).enqueueAll(Flux.just(1)));
    publisher("on drained", () -> ConcurrentQueue.bounded(1).onDrained());

    publisher("get", () -> ConcurrentMap.<String, Integer>create().get("a"));
    publisher("set", () -> ConcurrentMap.<String, Integer>create().set("a", 1));
    publisher("delete", () -> ConcurrentMap.<String, Integer>create().delete("a"));
    publisher("update", () -> ConcurrentMap.<String, Integer>create().update("a", v -> v));
    publisher(
        "compute",
        () -> ConcurrentMap.<String, Integer>create().compute("a", (k, v) -> Mono.just(1)));
    publisher(
        "get or load",
        () -> ConcurrentMap.<String, Integer>create().getOrLoad("a", k -> Mono.just(1)));
    publisher("entries", () -> ConcurrentMap.<String, Integer>create().entries());
    publisher("changes", () -> ConcurrentMap.<String, Integer>create().changes());

    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(1);
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    badArgument(
        "size 0", IllegalArgumentException.class, () -> ConcurrentQueue.bounded(0), "maxSize", "0");
    badArgument("null item", NullPointerException.class, () -> queue.enqueue(null), "item");
    badArgument("null item", NullPointerException.class, () -> queue.tryEnqueue(null), "item");
    badArgument("max 0", IllegalArgumentException.class, () -> queue.takeUpTo(0), "max", "0");
    badArgument(
        "null channel", NullPointerException.class, () -> ConcurrentQueue.on(null), "channel");
    badArgument("null key", NullPointerException.class, () -> map.get(null), "key");
    badArgument("null value", NullPointerException.class, () -> map.set("a", null), "value");
    badArgument("null key", NullPointerException.class, () -> map.delete(null), "key");
    badArgument(
        "null function", NullPointerException.class, () -> map.compute("a", null), "function");
    badArgument(
        "null loader", NullPointerException.class, () -> map.getOrLoad("a", null), "loader");
    badArgument(
        "age 0",
        IllegalArgumentException.class,
        () -> ConcurrentMap.builder().expireAfterWrite(Duration.ZERO),
        "expireAfterWrite",
        "PT0S");
    badArgument(
        "maximum -1",
        IllegalArgumentException.class,
        () -> ConcurrentMap.builder().maximumSize(-1),
        "maximumSize",
        "-1");
    badArgument(
        "buffer 0",
        IllegalArgumentException.class,
        () -> map.changes(SlowSubscriber.ERROR, 0),
        "buffer",
        "0");
  }

  private void consumer(String name, Function<ConcurrentQueue<Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Channel<Integer> channel = Channel.bounded(2);
          ConcurrentQueue<Integer> queue = ConcurrentQueue.on(channel);
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return operation.apply(queue);
            }

            @Override
            public void release() {
              queue.enqueue(1).subscribe();
            }

            @Override
            public int waiting() {
              return channel.waitingReceivers();
            }

            @Override
            public boolean isUntouched() {
              return queue.tryDequeue().isPresent();
            }
          };
        });
  }

  private void producer(String name, Function<ConcurrentQueue<Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Channel<Integer> channel = Channel.bounded(1);
          ConcurrentQueue<Integer> queue = ConcurrentQueue.on(channel);
          boolean full = queue.tryEnqueue(0);
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return operation.apply(queue);
            }

            @Override
            public void release() {
              queue.dequeue().subscribe();
            }

            @Override
            public int waiting() {
              return channel.waitingSenders();
            }

            @Override
            public boolean isGrantFinal() {
              return full;
            }

            @Override
            public boolean isUntouched() {
              return queue.tryEnqueue(1);
            }
          };
        });
  }
}
