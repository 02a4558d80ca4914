package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.SynchronousQueue;

/**
 * The JDK's blocking queues, a thread per producer and consumer, which block in put and take (or
 * try and yield).
 */
final class QueuePeer implements ChannelPeer {

  private static final Item END = new Item(-1);

  private final int capacity;
  private final ExecutorService threads;
  private final boolean tries;

  QueuePeer(int capacity, ExecutorService threads, Form form) {
    this.capacity = capacity;
    this.threads = threads;
    this.tries = form == Form.TRY;
  }

  @Override
  public Tally run(int producers, int consumers, Item[] items) throws Exception {
    BlockingQueue<Item> queue =
        switch (capacity) {
          case 0 -> new SynchronousQueue<>();
          case UNBOUNDED -> new LinkedTransferQueue<>();
          default -> new ArrayBlockingQueue<>(capacity);
        };
    List<Future<Tally>> seen = Threads.submit(threads, consumers, () -> drain(queue));
    Threads.awaitAll(Threads.submit(threads, producers, () -> fill(queue, items)));
    for (int i = 0; i < consumers; i++) {
      queue.put(END);
    }
    return Threads.sum(seen);
  }

  private Void fill(BlockingQueue<Item> queue, Item[] items) throws InterruptedException {
    for (Item item : items) {
      if (tries) {
        while (!queue.offer(item)) {
          Thread.yield();
        }
      } else {
        queue.put(item);
      }
    }
    return null;
  }

  private static Tally drain(BlockingQueue<Item> queue) throws InterruptedException {
    long count = 0;
    long sum = 0;
    for (Item item = queue.take(); item != END; item = queue.take()) {
      count++;
      sum += item.number();
    }
    return new Tally(count, sum);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
