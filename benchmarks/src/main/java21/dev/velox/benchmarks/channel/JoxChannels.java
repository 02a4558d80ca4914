package dev.velox.benchmarks.channel;

import com.softwaremill.jox.Channel;
import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Jox: a virtual thread per producer and per consumer. (This version has no trySend.) */
public final class JoxChannels implements ChannelPeer {

  private final int capacity;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public JoxChannels(int capacity) {
    this.capacity = capacity;
  }

  @Override
  public Tally run(int producers, int consumers, Item[] items) throws Exception {
    Channel<Item> channel =
        switch (capacity) {
          case 0 -> Channel.newRendezvousChannel();
          case UNBOUNDED -> Channel.newUnlimitedChannel();
          default -> Channel.newBufferedChannel(capacity);
        };
    List<Future<Tally>> seen = Threads.submit(threads, consumers, () -> drain(channel));
    Threads.awaitAll(Threads.submit(threads, producers, () -> fill(channel, items)));
    channel.done();
    return Threads.sum(seen);
  }

  private static Void fill(Channel<Item> channel, Item[] items) throws InterruptedException {
    for (Item item : items) {
      channel.send(item);
    }
    return null;
  }

  private static Tally drain(Channel<Item> channel) throws InterruptedException {
    long count = 0;
    long sum = 0;
    while (channel.receiveOrClosed() instanceof Item item) {
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
