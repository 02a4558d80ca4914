package dev.velox.examples.flightboard;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.publisher.Mono;

/**
 * A tower for each airport: an actor that keeps its running figures, and is asked for them.
 *
 * <p>The board tells the towers of a flight, and waits while a mailbox is full, so none is lost.
 * Messages of one sender are handled in their order, and a question queues behind them: whoever
 * asks after the board has counted a flight gets figures with that flight in them.
 *
 * <p>When the application ends, the towers handle what they were told, and end then.
 */
final class Towers implements DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(Towers.class);
  private static final Duration GRACE = Duration.ofSeconds(10);

  private sealed interface Message {}

  private enum Departed implements Message {
    ONE
  }

  private record Arrived(Flight flight, LocalDate now) implements Message {}

  private record Question(Reply<AirportFigures> reply) implements Message {}

  private final ActorSystem system = ActorSystem.create("towers");
  private final Map<String, StatefulActor<Tower, Message>> towers = new ConcurrentHashMap<>();

  // Written by the board's owner alone.
  private volatile @Nullable LocalDateTime time;

  private StatefulActor<Tower, Message> at(String code) {
    // Most are there, and get does not lock.
    StatefulActor<Tower, Message> tower = towers.get(code);
    return tower != null ? tower : towers.computeIfAbsent(code, this::build);
  }

  private StatefulActor<Tower, Message> build(String code) {
    return system.spawn(
        Actor.builder(Tower.of(code), Behavior.sync(Towers::receive)).name("tower-" + code));
  }

  private static Tower receive(Tower tower, Message message) {
    if (message instanceof Question question) {
      question.reply().reply(tower.figures());
      return tower;
    }
    return message instanceof Arrived arrived
        ? tower.withArrival(arrived.flight(), arrived.now())
        : tower.withDeparture();
  }

  /**
   * Tells of a flight; for one caller at a time. The days go by with the replay: a posted flight
   * begins no new one.
   *
   * @return completes when both towers have accepted it, which is mostly at once
   */
  Mono<Void> tell(Flight flight, boolean posted) {
    return Mono.defer(
        () -> {
          LocalDateTime known = time;
          LocalDateTime now = posted && known != null ? known : flight.scheduled();
          time = now;
          return tell(flight.origin(), Departed.ONE)
              .then(tell(flight.destination(), new Arrived(flight, now.toLocalDate())));
        });
  }

  /** Mostly there is room, and then there is nothing to subscribe to. */
  private Mono<Void> tell(String code, Message message) {
    StatefulActor<Tower, Message> tower = at(code);
    return tower.trySend(message) == SendResult.SENT ? Mono.empty() : tower.send(message);
  }

  /** The figures of an airport, with all flights in them that were told before. */
  Mono<AirportFigures> figures(String code) {
    return at(code).ask(Question::new);
  }

  /** What each tower knows that has had traffic; no question, but a look at their states. */
  List<Tower> all() {
    return towers.values().stream()
        .map(StatefulActor::state)
        .filter(tower -> tower.figures().movements() > 0)
        .toList();
  }

  /** The time of the replay; {@code null} before the first flight. */
  @Nullable LocalDateTime time() {
    return time;
  }

  @Override
  public void destroy() {
    system
        .shutdown(GRACE)
        .onErrorResume(
            failure -> {
              log.warn("The towers have not ended well", failure);
              return Mono.empty();
            })
        .block(GRACE.multipliedBy(2));
  }
}
