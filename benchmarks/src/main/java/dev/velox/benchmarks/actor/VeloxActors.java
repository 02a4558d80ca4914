package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Ours, on its default pool, with mailboxes of 1,024 or, as is Pekko's default, without a bound. A
 * producer tries to send, and waits for room if there is none; as a stream, it hands over a whole
 * publisher.
 */
final class VeloxActors implements ActorPeer {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private record Ask(int number, Reply<Integer> reply) {}

  private final boolean isBounded;
  private final boolean asStream;
  private final ExecutorService threads = Threads.newPlatform();

  VeloxActors(boolean isBounded, boolean asStream) {
    this.isBounded = isBounded;
    this.asStream = asStream;
  }

  /** The state counts; it is changed in place, as the peers do. */
  private static final class Seen {
    private long count;
    private long sum;

    private Seen add(Item item) {
      count++;
      sum += item.number();
      return this;
    }

    private Tally tally() {
      return new Tally(count, sum);
    }
  }

  @Override
  public Tally tell(int producers, Item[] items) throws Exception {
    int expected = items.length * producers;
    CompletableFuture<Tally> seen = new CompletableFuture<>();
    Behavior<Seen, Item> tallying =
        Behavior.sync(
            (state, item) -> {
              if (state.add(item).count == expected) {
                seen.complete(state.tally());
              }
              return state;
            });
    StatefulActor<Seen, Item> actor =
        isBounded
            ? Actor.of(new Seen(), tallying)
            : Actor.builder(new Seen(), tallying).unboundedMailbox().build();
    Threads.awaitAll(
        Threads.submit(
            threads,
            producers,
            () -> {
              if (asStream) {
                return actor.sendAll(Flux.fromArray(items)).block(PATIENCE);
              }
              for (Item item : items) {
                if (actor.trySend(item) != SendResult.SENT) {
                  actor.send(item).block(PATIENCE);
                }
              }
              return null;
            }));
    Tally tally = Threads.await(seen);
    actor.dispose();
    return tally;
  }

  @Override
  public long ask(int asks, int inFlight) throws Exception {
    StatefulActor<Integer, Ask> actor =
        Actor.of(
            0,
            Behavior.sync(
                (Integer state, Ask ask) -> {
                  ask.reply.reply(ask.number + 1);
                  return state;
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
    actor.dispose();
    return sum;
  }

  /** Asks again as soon as it has the answer, on the thread that brings it. */
  private static final class Lane implements Runnable, CoreSubscriber<Integer> {
    private final Actor<Ask> actor;
    private final int asks;
    private final CompletableFuture<Long> end = new CompletableFuture<>();
    private int asked;
    private long sum;

    Lane(Actor<Ask> actor, int asks) {
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
      Mono<Integer> ask = actor.ask(reply -> new Ask(number, reply), PATIENCE);
      ask.subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Integer answer) {
      sum += answer;
    }

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      run();
    }
  }

  @Override
  public Tally pingPong(Item[] items) throws Exception {
    AtomicReference<Actor<Item>> first = new AtomicReference<>();
    AtomicReference<Actor<Item>> second = new AtomicReference<>();
    CompletableFuture<Tally> firstSeen = new CompletableFuture<>();
    CompletableFuture<Tally> secondSeen = new CompletableFuture<>();
    first.setPlain(player(items, second, firstSeen));
    second.setPlain(player(items, first, secondSeen));
    first.get().send(items[items.length - 1]).block(PATIENCE);
    return Threads.sum(List.of(firstSeen, secondSeen));
  }

  /** Ends with the item 1 or 2, whichever is its last, and passes on all before. */
  private static Actor<Item> player(
      Item[] items, AtomicReference<Actor<Item>> other, CompletableFuture<Tally> seen) {
    return Actor.of(
        new Seen(),
        Behavior.sync(
            (state, item) -> {
              state.add(item);
              if (item.number() > 1
                  && other.get().trySend(items[item.number() - 2]) != SendResult.SENT) {
                throw new IllegalStateException("One item is under way, and there is no room");
              }
              if (item.number() <= 2) {
                seen.complete(state.tally());
              }
              return state;
            }));
  }

  @Override
  public int createAndStop(int actors) throws Exception {
    AtomicInteger handled = new AtomicInteger();
    AtomicInteger stopped = new AtomicInteger();
    CompletableFuture<Integer> all = new CompletableFuture<>();
    Behavior<Integer, Item> once =
        Behavior.sync(
            (state, item) -> {
              handled.addAndGet(item.number());
              return state;
            });
    Item item = new Item(1);
    for (int i = 0; i < actors; i++) {
      StatefulActor<Integer, Item> actor = Actor.of(0, once);
      actor.trySend(item);
      actor
          .stop()
          .subscribe(
              end -> {
                if (stopped.incrementAndGet() == actors) {
                  all.complete(handled.get());
                }
              });
    }
    return Threads.await(all);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
