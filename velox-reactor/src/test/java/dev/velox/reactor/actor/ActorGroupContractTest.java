package dev.velox.reactor.actor;

import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The table over what waits for a key's actor: room in its mailbox. */
class ActorGroupContractTest extends ConstructContract {

  private static ActorGroupBuilder<String, Integer> builder() {
    return ActorGroup.builder((String key) -> Actor.builder(0, Behavior.sync(Integer::sum)));
  }

  @Override
  protected void construct() {
    waiting("send", Full::new);

    ActorGroup<String, Integer> group = builder().build();
    Actor<Integer> actor = group.actor("k");
    publisher("ask", () -> actor.<Integer>ask(reply -> 1));
    publisher("askMany", () -> actor.<Integer>askMany(stream -> 1));
    publisher("sendAll", () -> actor.sendAll(Flux.just(1)));
    publisher("stop of a key's actor", actor::stop);
    publisher("terminated of a key's actor", actor::terminated);
    publisher("stop", group::stop);
    publisher("stop with grace", () -> group.stop(Duration.ofSeconds(1)));
    publisher("stopNow", group::stopNow);
    publisher("terminated", group::terminated);

    badArgument("null key", NullPointerException.class, () -> group.actor(null), "key");
    badArgument("null message", NullPointerException.class, () -> actor.send(null), "message");
    badArgument("null message", NullPointerException.class, () -> actor.trySend(null), "message");
    badArgument("null maker", NullPointerException.class, () -> ActorGroup.byKey(null), "actor");
    badArgument(
        "negative grace",
        IllegalArgumentException.class,
        () -> group.stop(Duration.ofSeconds(-1)),
        "grace",
        "PT-1S");
    badArgument(
        "no idle time",
        IllegalArgumentException.class,
        () -> builder().idleTimeout(Duration.ZERO),
        "idleTimeout",
        "PT0S");
    badArgument(
        "no keys", IllegalArgumentException.class, () -> builder().maxKeys(0), "maxKeys", "0");
  }

  /** A key whose actor's mailbox holds one message, and is full. */
  private static final class Full implements Waiting {

    private final ActorGroup<String, Integer> group =
        ActorGroup.byKey(
            (String key) ->
                Actor.builder(0, Behavior.sync(Integer::sum))
                    .mailbox(1)
                    .scheduler(ActorContractTest.NEVER));

    private final Actor<Integer> actor = group.actor("k");
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
          ((KeyedReference<?, ?>) actor).core().mailbox().outlet().take();
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
