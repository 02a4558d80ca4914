package dev.velox.reactor.actor;

import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The table over what waits for an actor: room in its mailbox. The actor never takes a turn by
 * itself; the test takes a message out for it.
 */
class ActorContractTest extends ConstructContract {

  /** Runs nothing. */
  static final Scheduler NEVER =
      new Scheduler() {
        @Override
        public Disposable schedule(Runnable task) {
          return Disposables.single();
        }

        @Override
        public Worker createWorker() {
          throw new UnsupportedOperationException();
        }

        @Override
        public void dispose() {}
      };

  private static StatefulActor<Integer, Integer> actor() {
    return Actor.of(0, Behavior.sync(Integer::sum));
  }

  @Override
  protected void construct() {
    waiting("send", Full::new);

    StatefulActor<Integer, Integer> actor = actor();
    publisher("ask", () -> actor.<Integer>ask(reply -> 1));
    publisher("askMany", () -> actor.<Integer>askMany(stream -> 1));
    publisher("sendAll", () -> actor.sendAll(Flux.just(1)));
    publisher("states", actor::states);
    publisher("stop", actor::stop);
    publisher("stop with grace", () -> actor.stop(Duration.ofSeconds(1)));
    publisher("stopNow", actor::stopNow);
    publisher("kill", actor::kill);
    publisher("terminated", actor::terminated);

    badArgument("null message", NullPointerException.class, () -> actor.send(null), "message");
    badArgument("null message", NullPointerException.class, () -> actor.trySend(null), "message");
    badArgument("null question", NullPointerException.class, () -> actor.ask(null), "question");
    badArgument(
        "no time",
        IllegalArgumentException.class,
        () -> actor.ask(reply -> 1, Duration.ZERO),
        "timeout",
        "PT0S");
    badArgument(
        "negative grace",
        IllegalArgumentException.class,
        () -> actor.stop(Duration.ofSeconds(-1)),
        "grace",
        "PT-1S");
    badArgument(
        "no mailbox",
        IllegalArgumentException.class,
        () -> Actor.builder(0, Behavior.sync(Integer::sum)).mailbox(0),
        "mailbox",
        "0");
    badArgument(
        "no throughput",
        IllegalArgumentException.class,
        () -> Actor.builder(0, Behavior.sync(Integer::sum)).throughput(-1),
        "throughput",
        "-1");
    badArgument(
        "null initial",
        NullPointerException.class,
        () -> Actor.of(null, Behavior.sync(Integer::sum)),
        "initial");
  }

  /** An actor whose mailbox holds one message, and is full. */
  private static final class Full implements Waiting {

    private final DefaultActor<Integer, Integer> actor =
        Actor.builder(0, (Integer state, Integer message) -> Mono.<Integer>never())
            .mailbox(1)
            .scheduler(NEVER)
            .build("full", null);

    private final AtomicInteger takes = new AtomicInteger();

    Full() {
      actor.trySend(0);
    }

    @Override
    public Publisher<?> operation() {
      return actor.send(1);
    }

    @Override
    public void release() {
      // An actor takes one turn at a time, and so does the test for it.
      if (takes.getAndIncrement() == 0) {
        do {
          actor.mailbox().outlet().take();
        } while (takes.decrementAndGet() != 0);
      }
    }

    @Override
    public int waiting() {
      return actor.waitingSenders();
    }

    @Override
    public boolean isGrantFinal() {
      return true;
    }

    @Override
    public boolean isUntouched() {
      return actor.trySend(2).isSent();
    }
  }
}
