package dev.velox.benchmarks.actor;

import com.softwaremill.jox.Channel;
import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Jox: an actor is a virtual thread that reads a bounded channel. */
public final class JoxActors implements ActorPeer {

  private static final int MAILBOX = 1024;

  private record Ask(int number, CompletableFuture<Integer> reply) {}

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @Override
  public Tally tell(int producers, Item[] items) throws Exception {
    Channel<Item> mailbox = Channel.newBufferedChannel(MAILBOX);
    Future<Tally> actor =
        threads.submit(
            () -> {
              long count = 0;
              long sum = 0;
              while (mailbox.receiveOrClosed() instanceof Item item) {
                count++;
                sum += item.number();
              }
              return new Tally(count, sum);
            });
    Threads.awaitAll(
        Threads.submit(
            threads,
            producers,
            () -> {
              for (Item item : items) {
                mailbox.send(item);
              }
              return null;
            }));
    mailbox.done();
    return Threads.await(actor);
  }

  @Override
  public long ask(int asks, int inFlight) throws Exception {
    Channel<Ask> mailbox = Channel.newBufferedChannel(MAILBOX);
    Future<?> actor =
        threads.submit(
            () -> {
              while (mailbox.receiveOrClosed() instanceof Ask ask) {
                ask.reply.complete(ask.number + 1);
              }
              return null;
            });
    List<Future<Long>> lanes =
        Threads.submit(
            threads,
            inFlight,
            () -> {
              long sum = 0;
              for (int i = 0; i < asks / inFlight; i++) {
                Ask ask = new Ask(i, new CompletableFuture<>());
                mailbox.send(ask);
                sum += ask.reply.get();
              }
              return sum;
            });
    long sum = 0;
    for (Future<Long> lane : lanes) {
      sum += Threads.await(lane);
    }
    mailbox.done();
    Threads.await(actor);
    return sum;
  }

  @Override
  public Tally pingPong(Item[] items) throws Exception {
    Channel<Item> first = Channel.newBufferedChannel(MAILBOX);
    Channel<Item> second = Channel.newBufferedChannel(MAILBOX);
    List<Future<Tally>> players = new ArrayList<>();
    players.add(threads.submit(() -> play(items, first, second)));
    players.add(threads.submit(() -> play(items, second, first)));
    first.send(items[items.length - 1]);
    return Threads.sum(players);
  }

  private static Tally play(Item[] items, Channel<Item> mine, Channel<Item> other) throws InterruptedException {
    long count = 0;
    long sum = 0;
    Item item;
    do {
      item = mine.receive();
      count++;
      sum += item.number();
      if (item.number() > 1) {
        other.send(items[item.number() - 2]);
      }
    } while (item.number() > 2);
    return new Tally(count, sum);
  }

  @Override
  public int createAndStop(int actors) throws Exception {
    AtomicInteger handled = new AtomicInteger();
    Item one = new Item(1);
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < actors; i++) {
      Channel<Item> mailbox = Channel.newBufferedChannel(MAILBOX);
      ends.add(
          threads.submit(
              () -> {
                while (mailbox.receiveOrClosed() instanceof Item item) {
                  handled.addAndGet(item.number());
                }
                return null;
              }));
      mailbox.send(one);
      mailbox.done();
    }
    Threads.awaitAll(ends);
    return handled.get();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
