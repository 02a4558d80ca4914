package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.TallySubscriber;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelBuilder;
import dev.velox.reactor.channel.SendResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Velox's channel. Producers and consumers start on a scheduler; who waited goes on where its
 * counterpart runs, or, with {@code hops}, on that scheduler again.
 */
final class VeloxChannels implements ChannelPeer {

  private final int capacity;
  private final Form form;
  private final boolean hops;
  private final boolean sink;
  private final Scheduler scheduler;
  private final ExecutorService threads = Threads.newPlatform();

  VeloxChannels(int capacity, Form form, boolean hops, boolean sink, Scheduler scheduler) {
    this.capacity = capacity;
    this.form = form;
    this.hops = hops;
    this.sink = sink;
    this.scheduler = scheduler;
  }

  @Override
  public Tally run(int producers, int consumers, Item[] items) throws Exception {
    ChannelBuilder<Item> builder = Channel.builder();
    if (capacity == UNBOUNDED) {
      builder.unbounded();
    } else {
      builder.capacity(capacity);
    }
    if (hops) {
      builder.resumeOn(scheduler);
    }
    Channel<Item> channel = builder.build();
    List<Future<Tally>> seen = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      TallySubscriber consumer = new TallySubscriber();
      out(channel, items.length * producers / consumers).subscribe(consumer);
      seen.add(consumer.end());
    }
    List<Future<?>> sent = new ArrayList<>();
    for (int i = 0; i < producers; i++) {
      sent.add(in(channel, items));
    }
    Threads.awaitAll(sent);
    channel.close();
    return Threads.sum(seen);
  }

  private Flux<Item> out(Channel<Item> channel, int share) {
    return switch (form) {
      case PER_ELEMENT -> channel.receive().repeat(share - 1).subscribeOn(scheduler);
      case PER_STREAM -> channel.asFlux().subscribeOn(scheduler);
      case TRY -> channel.asFlux();
    };
  }

  private Future<?> in(Channel<Item> channel, Item[] items) {
    Flux<Item> source = Flux.fromArray(items);
    Mono<?> sending =
        switch (form) {
          case PER_ELEMENT -> source.concatMap(channel::send).then();
          case PER_STREAM -> channel.sendAll(source);
          case TRY -> null;
        };
    if (sending != null) {
      return sending.subscribeOn(scheduler).toFuture();
    }
    Runnable emitting =
        sink ? () -> emitAll(channel.asSink(), items) : () -> tryAll(channel, items);
    return threads.submit(emitting);
  }

  private static void tryAll(Channel<Item> channel, Item[] items) {
    for (Item item : items) {
      SendResult result = channel.trySend(item);
      while (result == SendResult.FULL) {
        Thread.yield();
        result = channel.trySend(item);
      }
      if (!result.isSent()) {
        throw new IllegalStateException("Refused: " + result);
      }
    }
  }

  /** Fails for any refusal: nothing is tried twice here. */
  private static void emitAll(Sinks.Many<Item> sink, Item[] items) {
    for (Item item : items) {
      sink.emitNext(item, Sinks.EmitFailureHandler.FAIL_FAST);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    scheduler.dispose();
  }
}
