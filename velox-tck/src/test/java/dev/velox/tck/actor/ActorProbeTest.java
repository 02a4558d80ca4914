package dev.velox.tck.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.ContextBehavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.tck.simulation.SimulatedSchedulers;
import dev.velox.tck.simulation.SimulatedTest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.opentest4j.AssertionFailedError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class ActorProbeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration SHORT = Duration.ofMillis(20);

  private final ActorProbe<Object> probe = ActorProbe.create("probe");

  private record Ping(int number) {}

  private record Question(Reply<String> reply) {}

  @Test
  void it_reads_what_its_actor_was_sent() {
    probe.ref().trySend(new Ping(1));
    probe.ref().send(new Ping(2)).block();
    probe.ref().trySend("text");

    assertThat(probe.size()).isEqualTo(3);
    assertThat(probe.expectMessage()).isEqualTo(new Ping(1));
    assertThat(probe.expectMessage(Ping.class).number()).isEqualTo(2);
    assertThat(probe.expectMessage("text")).isEqualTo("text");
    probe.expectNoMessage(Duration.ZERO);
  }

  @Test
  void it_waits_for_what_comes_from_another_thread() {
    Actor<Integer> other =
        Actor.of(
            0,
            (state, number) ->
                Mono.delay(SHORT).then(probe.ref().send(new Ping(number))).then(Mono.empty()));

    other.trySend(7);

    probe.expectMessage(new Ping(7));
  }

  @Test
  void it_says_what_came_instead() {
    probe.ref().trySend("before");
    probe.ref().trySend(new Ping(1));
    probe.ref().trySend(new Ping(2));
    probe.expectMessage();

    AssertionFailedError failure =
        catchThrowableOfType(AssertionFailedError.class, () -> probe.expectMessage(new Ping(5)));
    assertThat(failure)
        .hasMessage(
            "probe expected Ping[number=5], but received Ping[number=1]; before that [before]");
    assertThat(failure.getExpected().getEphemeralValue()).isEqualTo(new Ping(5));
    assertThat(failure.getActual().getEphemeralValue()).isEqualTo(new Ping(1));
    assertThatThrownBy(() -> probe.expectMessage(String.class))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("probe expected String, but received Ping[number=2]");
  }

  @Test
  void it_says_that_nothing_came() {
    assertThatThrownBy(() -> probe.expectMessageWithin(SHORT, "hello"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("probe expected hello, but received nothing within PT0.02S");
    assertThatThrownBy(() -> probe.limit(SHORT).expectMessage())
        .isInstanceOf(AssertionError.class)
        .hasMessage("probe expected a message, but received nothing within PT0.02S");
  }

  @Test
  void it_says_what_came_where_nothing_should() {
    probe.expectNoMessage(SHORT);
    probe.ref().trySend("hello");

    assertThatThrownBy(() -> probe.expectNoMessage(SHORT))
        .isInstanceOf(AssertionError.class)
        .hasMessage("probe expected no message, but received hello");
  }

  @Test
  void it_waits_for_several_and_tells_how_many_came() {
    probe.ref().trySend(1);
    probe.ref().trySend(2);
    probe.ref().trySend(3);

    assertThat(probe.receiveMessages(2)).containsExactly(1, 2);
    assertThatThrownBy(() -> probe.receiveMessages(2, SHORT))
        .isInstanceOf(AssertionError.class)
        .hasMessage("probe expected 2 messages within PT0.02S, but received 1: [3]");
    assertThat(probe.receiveMessages(0)).isEmpty();
  }

  @Test
  void it_fishes_and_tells_what_went_by() {
    probe.ref().trySend(1);
    probe.ref().trySend("a");
    probe.ref().trySend(2);
    probe.ref().trySend("b");

    assertThat(probe.fishFor(String.class)).isEqualTo("a");
    assertThat(probe.fishFor("b"::equals)).isEqualTo("b");
    probe.ref().trySend(3);
    assertThatThrownBy(() -> probe.limit(SHORT).fishFor(String.class))
        .isInstanceOf(AssertionError.class)
        .hasMessage("probe fished for String for PT0.02S, but caught only [3]");
  }

  @Test
  void it_sees_how_an_actor_ended_or_that_it_lives_on() {
    StatefulActor<Integer, String> other =
        Actor.builder(0, Behavior.<Integer, String>sync((state, text) -> state))
            .name("other")
            .build();

    assertThatThrownBy(() -> probe.expectTerminated(other, SHORT))
        .isInstanceOf(AssertionError.class)
        .hasMessage("other was expected to end within PT0.02S, but lives on");
    other.dispose();
    assertThat(probe.expectTerminated(other).reason()).isEqualTo(Reason.STOPPED);
  }

  @Test
  void asks_are_answered_by_their_message_or_as_they_come() {
    Mono<String> answer = probe.ref().ask(Question::new);
    AtomicReference<String> got = new AtomicReference<>();
    answer.subscribe(got::set);
    probe.expectMessage(Question.class).reply().reply("by hand");
    assertThat(got).hasValue("by hand");

    probe.answer(
        message -> {
          if (message instanceof Question question) {
            question.reply().reply("at once");
          }
        });
    assertThat(answer.block()).isEqualTo("at once");
    probe.expectMessage(Question.class);
  }

  @Test
  void bad_arguments_are_named() {
    assertThatThrownBy(() -> probe.expectNoMessage(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("time must not be negative, but was PT-0.001S");
    assertThatThrownBy(() -> probe.receiveMessages(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("count must not be negative, but was -1");
  }

  @Test
  void a_non_blocking_thread_is_refused_even_if_there_is_a_message() {
    probe.ref().trySend("hello");

    Mono<Object> onWrongThread =
        Mono.fromCallable(() -> probe.expectMessage()).subscribeOn(Schedulers.parallel());

    assertThatThrownBy(onWrongThread::block)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("parallel-")
        .hasMessageContaining("call it on the test's own thread");
    probe.expectMessage("hello");
  }

  // ---- other times ----------------------------------------------------------------------------

  /** Tells the probe each second. */
  private ContextBehavior<Integer, String> ticking() {
    return new ContextBehavior<>() {
      @Override
      public Mono<Integer> onStart(ActorContext<Integer, String> context, Integer initial) {
        context.startTimerWithFixedDelay("tick", "tick", SECOND);
        return Mono.empty();
      }

      @Override
      public Mono<Integer> receive(
          ActorContext<Integer, String> context, Integer state, String message) {
        return probe.ref().send(new Ping(state + 1)).thenReturn(state + 1);
      }
    };
  }

  @Test
  @ResourceLock("reactor.core.scheduler.Schedulers")
  void virtual_time_passes_up_to_the_message_and_not_beyond() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      StatefulActor<Integer, String> clock = Actor.of(0, ticking());

      probe.expectNoMessage(Duration.ofMillis(999));
      probe.expectMessage(new Ping(1));
      assertThat(time.now(TimeUnit.MILLISECONDS)).isEqualTo(1000);
      assertThat(probe.receiveMessages(3600, Duration.ofHours(2))).hasSize(3600);
      assertThat(time.now(TimeUnit.SECONDS)).isEqualTo(3601);
      assertThatThrownBy(() -> probe.expectMessageWithin(Duration.ofMillis(900)))
          .isInstanceOf(AssertionError.class);
      assertThat(time.now(TimeUnit.MILLISECONDS)).isEqualTo(3601_900);
      clock.dispose();
      probe.expectTerminated(clock);
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  @ResourceLock("reactor.core.scheduler.Schedulers")
  void a_task_of_virtual_time_is_refused() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Schedulers.parallel()
          .schedule(
              () -> {
                try {
                  probe.expectMessage();
                } catch (IllegalStateException refused) {
                  thrown.set(refused);
                }
              },
              1,
              TimeUnit.SECONDS);

      time.advanceTimeBy(SECOND);

      assertThat(thrown.get()).hasMessage("A task of the virtual time can't let it pass");
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @SimulatedTest(seeds = 20)
  void a_simulation_is_driven(SimulatedSchedulers simulation) {
    StatefulActor<Integer, String> clock = Actor.of(0, ticking());

    probe.expectMessageWithin(SECOND, new Ping(1));
    probe.expectNoMessage(Duration.ofMillis(999));
    assertThat(probe.receiveMessages(10)).hasSize(10);
    assertThat(Schedulers.parallel().now(TimeUnit.SECONDS)).isEqualTo(11);
    clock.dispose();
    probe.expectTerminated(clock);
  }

  @SimulatedTest(seeds = 2)
  void a_task_of_a_simulation_is_refused_and_takes_nothing(SimulatedSchedulers simulation) {
    probe.ref().trySend("hello");
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Schedulers.parallel()
        .schedule(
            () -> {
              try {
                probe.expectMessage();
              } catch (IllegalStateException refused) {
                thrown.set(refused);
              }
            });

    simulation.run();

    assertThat(thrown.get()).hasMessage("a task of the simulation can't run the simulation");
    probe.expectMessage("hello");
  }
}
