package dev.velox.benchmarks.actor;

import com.typesafe.config.ConfigFactory;
import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Pekko typed, its dispatcher with as many threads as processors; mailboxes without a bound, as is
 * its default.
 */
final class PekkoActors implements ActorPeer {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What the guardian is told: to run something that needs its context. */
  private interface Command {
    void run(ActorContext<Command> context);
  }

  private record Ask(int number, ActorRef<Integer> replyTo) {}

  private final ActorSystem<Command> system;
  private final ExecutorService threads = Threads.newPlatform();

  PekkoActors() {
    int processors = Runtime.getRuntime().availableProcessors();
    Behavior<Command> guardian =
        Behaviors.setup(
            context ->
                Behaviors.receiveMessage(
                    command -> {
                      command.run(context);
                      return Behaviors.same();
                    }));
    system =
        ActorSystem.create(
            guardian,
            "benchmark",
            ConfigFactory.parseString(
                    """
                    pekko.loglevel = OFF
                    pekko.stdout-loglevel = OFF
                    pekko.actor.default-dispatcher.fork-join-executor {
                      parallelism-min = %d
                      parallelism-max = %d
                    }
                    """
                        .formatted(processors, processors))
                .withFallback(ConfigFactory.load()));
  }

  private <M> ActorRef<M> spawn(Behavior<M> behavior) throws Exception {
    CompletableFuture<ActorRef<M>> spawned = new CompletableFuture<>();
    system.tell(context -> spawned.complete(context.spawnAnonymous(behavior)));
    return Threads.await(spawned);
  }

  @Override
  public Tally tell(int producers, Item[] items) throws Exception {
    CompletableFuture<Tally> seen = new CompletableFuture<>();
    ActorRef<Item> actor = spawn(tallying(items.length * producers, seen));
    Threads.awaitAll(
        Threads.submit(
            threads,
            producers,
            () -> {
              for (Item item : items) {
                actor.tell(item);
              }
              return null;
            }));
    return Threads.await(seen);
  }

  private static Behavior<Item> tallying(int expected, CompletableFuture<Tally> seen) {
    return Behaviors.setup(
        context -> {
          long[] state = new long[2];
          return Behaviors.receiveMessage(
              item -> {
                state[1] += item.number();
                if (++state[0] < expected) {
                  return Behaviors.same();
                }
                seen.complete(new Tally(state[0], state[1]));
                return Behaviors.stopped();
              });
        });
  }

  @Override
  public long ask(int asks, int inFlight) throws Exception {
    ActorRef<Ask> actor =
        spawn(
            Behaviors.receiveMessage(
                ask -> {
                  ask.replyTo.tell(ask.number + 1);
                  return Behaviors.same();
                }));
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < inFlight; i++) {
      Lane lane = new Lane(actor, asks / inFlight);
      lanes.add(lane);
      threads.execute(lane);
    }
    long sum = 0;
    for (Lane lane : lanes) {
      sum += Threads.await(lane.end);
    }
    system.tell(context -> context.stop(actor));
    return sum;
  }

  /** Asks again as soon as it has the answer, on the thread that brings it. */
  private final class Lane implements Runnable {
    private final ActorRef<Ask> actor;
    private final int asks;
    private final CompletableFuture<Long> end = new CompletableFuture<>();
    private int asked;
    private long sum;

    Lane(ActorRef<Ask> actor, int asks) {
      this.actor = actor;
      this.asks = asks;
    }

    @Override
    public void run() {
      if (asked == asks) {
        end.complete(sum);
        return;
      }
      int number = asked++;
      AskPattern.ask(
              actor,
              (ActorRef<Integer> replyTo) -> new Ask(number, replyTo),
              PATIENCE,
              system.scheduler())
          .whenComplete(
              (answer, error) -> {
                if (error != null) {
                  end.completeExceptionally(error);
                } else {
                  sum += answer;
                  run();
                }
              });
    }
  }

  @Override
  public Tally pingPong(Item[] items) throws Exception {
    AtomicReference<ActorRef<Item>> first = new AtomicReference<>();
    AtomicReference<ActorRef<Item>> second = new AtomicReference<>();
    CompletableFuture<Tally> firstSeen = new CompletableFuture<>();
    CompletableFuture<Tally> secondSeen = new CompletableFuture<>();
    first.setPlain(spawn(player(items, second, firstSeen)));
    second.setPlain(spawn(player(items, first, secondSeen)));
    first.get().tell(items[items.length - 1]);
    return Threads.sum(List.of(firstSeen, secondSeen));
  }

  /** Ends with the item 1 or 2, whichever is its last, and passes on all before. */
  private static Behavior<Item> player(
      Item[] items, AtomicReference<ActorRef<Item>> other, CompletableFuture<Tally> seen) {
    return Behaviors.setup(
        context -> {
          long[] state = new long[2];
          return Behaviors.receiveMessage(
              item -> {
                state[0]++;
                state[1] += item.number();
                if (item.number() > 1) {
                  other.get().tell(items[item.number() - 2]);
                }
                if (item.number() > 2) {
                  return Behaviors.same();
                }
                seen.complete(new Tally(state[0], state[1]));
                return Behaviors.stopped();
              });
        });
  }

  @Override
  public int createAndStop(int actors) throws Exception {
    AtomicInteger handled = new AtomicInteger();
    AtomicInteger stopped = new AtomicInteger();
    CompletableFuture<Integer> all = new CompletableFuture<>();
    Behavior<Item> once =
        Behaviors.receive(Item.class)
            .onMessage(
                Item.class,
                item -> {
                  handled.incrementAndGet();
                  return Behaviors.stopped();
                })
            .onSignal(
                PostStop.class,
                signal -> {
                  if (stopped.incrementAndGet() == actors) {
                    all.complete(handled.get());
                  }
                  return Behaviors.same();
                })
            .build();
    Item item = new Item(1);
    system.tell(
        context -> {
          for (int i = 0; i < actors; i++) {
            context.spawnAnonymous(once).tell(item);
          }
        });
    return Threads.await(all);
  }

  @Override
  public void close() throws Exception {
    threads.shutdownNow();
    system.terminate();
    Future<?> end = system.getWhenTerminated().toCompletableFuture();
    Threads.await(end);
  }
}
