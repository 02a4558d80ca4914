package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

/** Races each pair of operations, and counts messages: each accepted one is handled or dead. */
class ActorRaceTest {

  private static final int RACES = 1_000;
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final Queue<Integer> handled = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> dead = new ConcurrentLinkedQueue<>();

  private StatefulActor<Integer, Integer> actor() {
    handled.clear();
    dead.clear();
    return Actor.builder(
            0,
            (Integer state, Integer message) -> {
              handled.add(message);
              return Mono.just(state + 1);
            })
        .mailbox(2)
        .onDeadLetter(dead::add)
        .build();
  }

  private void counted(Actor<Integer> actor, Queue<Integer> accepted) {
    actor.terminated().block(LIMIT);
    Queue<Integer> all = new ConcurrentLinkedQueue<>(handled);
    all.addAll(dead);
    assertThat(all).containsExactlyInAnyOrderElementsOf(accepted);
  }

  private static void offer(Actor<Integer> actor, int message, Queue<Integer> accepted) {
    if (actor.trySend(message).isAccepted()) {
      accepted.add(message);
    }
  }

  @Test
  void messages_and_a_stop_meet() {
    for (int i = 0; i < RACES; i++) {
      StatefulActor<Integer, Integer> actor = actor();
      Queue<Integer> accepted = new ConcurrentLinkedQueue<>();

      RaceTestUtils.race(
          () -> offer(actor, 1, accepted), () -> offer(actor, 2, accepted), actor::stop);

      counted(actor, accepted);
      assertThat(dead).isEmpty();
    }
  }

  @Test
  void messages_and_a_stop_now_meet() {
    stoppedNow(RACES);
  }

  @Tag("stress")
  @Test
  void messages_and_a_stop_now_meet_many_times() {
    stoppedNow(100_000);
  }

  private void stoppedNow(int races) {
    for (int i = 0; i < races; i++) {
      StatefulActor<Integer, Integer> actor = actor();
      Queue<Integer> accepted = new ConcurrentLinkedQueue<>();

      RaceTestUtils.race(
          () -> offer(actor, 1, accepted), () -> offer(actor, 2, accepted), actor::stopNow);

      counted(actor, accepted);
    }
  }

  @Test
  void a_stop_and_a_kill_meet() {
    for (int i = 0; i < RACES; i++) {
      StatefulActor<Integer, Integer> actor = actor();
      Queue<Integer> accepted = new ConcurrentLinkedQueue<>();
      offer(actor, 1, accepted);
      offer(actor, 2, accepted);

      RaceTestUtils.race(actor::stop, actor::kill);

      counted(actor, accepted);
    }
  }

  @Test
  void an_ask_is_answered_or_told_that_the_actor_stopped() {
    for (int i = 0; i < RACES; i++) {
      Actor<Reply<Integer>> actor =
          Actor.of(
              0,
              (Integer state, Reply<Integer> reply) -> {
                reply.success(1);
                return Mono.empty();
              });
      TestSubscriber<Integer> asker = TestSubscriber.create();

      RaceTestUtils.race(() -> actor.<Integer>ask(reply -> reply).subscribe(asker), actor::stopNow);

      asker.block(LIMIT);
      assertThat(asker.getReceivedOnNext().size() + (asker.isTerminatedError() ? 1 : 0))
          .isEqualTo(1);
    }
  }

  @Test
  void a_kill_meets_the_end_of_a_behaviour() {
    for (int i = 0; i < RACES; i++) {
      reactor.core.publisher.Sinks.One<Integer> gate = reactor.core.publisher.Sinks.one();
      dead.clear();
      StatefulActor<Integer, Integer> actor =
          Actor.builder(0, (Integer state, Integer message) -> gate.asMono())
              .onDeadLetter(dead::add)
              .build();
      actor.send(1).block(LIMIT);

      RaceTestUtils.race(() -> gate.tryEmitValue(7), actor::kill);

      actor.terminated().block(LIMIT);
      Integer state = actor.states().blockLast(LIMIT);
      assertThat(state == 7 ? 1 : 0).isEqualTo(1 - dead.size());
    }
  }

  @Test
  void a_reader_of_states_meets_a_message_and_the_end() {
    for (int i = 0; i < RACES; i++) {
      StatefulActor<Integer, Integer> actor = actor();
      TestSubscriber<Integer> reader = TestSubscriber.create();

      RaceTestUtils.race(
          () -> actor.states().subscribe(reader), () -> actor.trySend(1), actor::stop);

      reader.block(LIMIT);
      assertThat(reader.isTerminatedComplete()).isTrue();
      assertThat(reader.getReceivedOnNext()).endsWith(handled.size());
    }
  }
}
