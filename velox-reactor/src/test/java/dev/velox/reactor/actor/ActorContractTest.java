package dev.velox.reactor.actor;

import dev.velox.reactor.testing.ConstructContract;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ActorContractTest extends ConstructContract {

  @Override
  protected void construct() {
    Actor<Integer> actor = Actor.of(0, (Integer state, Integer message) -> Mono.just(message));
    StatefulActor<Integer, Integer> stateful =
        Actor.of(0, (Integer state, Integer message) -> Mono.just(message));
    publisher("send", () -> actor.send(1));
    publisher("tell", () -> actor.tell(1));
    publisher("sendAll", () -> actor.sendAll(Flux.just(1)));
    publisher("ask", () -> actor.<Integer>ask(reply -> 1));
    publisher("ask in time", () -> actor.<Integer>ask(reply -> 1, Duration.ofHours(1)));
    publisher("terminated", actor::terminated);
    publisher("states", stateful::states);

    badArgument("null message", NullPointerException.class, () -> actor.send(null), "message");
    badArgument("null message", NullPointerException.class, () -> actor.trySend(null), "message");
    badArgument("null ask", NullPointerException.class, () -> actor.ask(null), "message");
    badArgument(
        "no time",
        IllegalArgumentException.class,
        () -> actor.<Integer>ask(reply -> 1, Duration.ZERO),
        "timeout",
        "PT0S");
    badArgument("null state", NullPointerException.class, () -> Actor.of(null, null), "initial");
    badArgument("null behavior", NullPointerException.class, () -> Actor.of(1, null), "behavior");
    badArgument(
        "mailbox 0",
        IllegalArgumentException.class,
        () -> Actor.builder(1, (s, m) -> Mono.empty()).mailbox(0),
        "mailbox",
        "0");
    badArgument(
        "limit -1",
        IllegalArgumentException.class,
        () -> Supervision.restart(-1, Duration.ofSeconds(1), n -> Duration.ZERO),
        "limit",
        "-1");
    badArgument(
        "window 0",
        IllegalArgumentException.class,
        () -> Supervision.restart(1, Duration.ZERO, n -> Duration.ZERO),
        "window",
        "PT0S");
  }
}
