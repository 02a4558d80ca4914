package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jctools.queues.MpmcArrayQueue;
import org.jctools.queues.MpscArrayQueue;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.jctools.queues.SpscArrayQueue;
import org.jctools.queues.SpscUnboundedArrayQueue;

/** JCTools between threads that spin: nobody is ever woken, so this is a limit and no peer. */
final class SpinningPeer implements ChannelPeer {

  private static final Item END = new Item(-1);
  private static final int SPINS = 64;

  private final int capacity;
  private final ExecutorService threads = Threads.newPlatform();

  SpinningPeer(int capacity) {
    this.capacity = capacity;
  }

  static boolean supports(int capacity, int consumers) {
    return capacity > 0 && (capacity < UNBOUNDED || consumers == 1);
  }

  @Override
  public Tally run(int producers, int consumers, Item[] items) throws Exception {
    Queue<Item> queue = queue(producers, consumers);
    List<Future<Tally>> seen = Threads.submit(threads, consumers, () -> drain(queue));
    Threads.awaitAll(
        Threads.submit(
            threads,
            producers,
            () -> {
              for (Item item : items) {
                offer(queue, item);
              }
              return null;
            }));
    for (int i = 0; i < consumers; i++) {
      offer(queue, END);
    }
    return Threads.sum(seen);
  }

  private Queue<Item> queue(int producers, int consumers) {
    if (capacity == UNBOUNDED) {
      return producers == 1
          ? new SpscUnboundedArrayQueue<>(1024)
          : new MpscUnboundedArrayQueue<>(1024);
    }
    if (consumers > 1) {
      return new MpmcArrayQueue<>(capacity);
    }
    return producers == 1 ? new SpscArrayQueue<>(capacity) : new MpscArrayQueue<>(capacity);
  }

  private static void offer(Queue<Item> queue, Item item) {
    for (int spin = 0; !queue.offer(item); spin++) {
      spin(spin);
    }
  }

  private static Tally drain(Queue<Item> queue) {
    long count = 0;
    long sum = 0;
    while (true) {
      Item item = queue.poll();
      for (int spin = 0; item == null; spin++) {
        spin(spin);
        item = queue.poll();
      }
      if (item == END) {
        return new Tally(count, sum);
      }
      count++;
      sum += item.number();
    }
  }

  /** Gives the processor away now and then: there may be more threads than processors. */
  private static void spin(int spin) {
    if (spin % SPINS == SPINS - 1) {
      Thread.yield();
    } else {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
