package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.actor.Counting.Do;
import dev.velox.reactor.actor.Counting.DoFor;
import dev.velox.reactor.actor.Counting.Get;
import dev.velox.reactor.actor.Counting.Increment;
import dev.velox.reactor.channel.Overflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

/** What an actor tells its listener. */
class ActorMetricsTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Map<Event, Integer> events = new EnumMap<>(Event.class);
  private final Map<Timing, List<Long>> times = new EnumMap<>(Timing.class);
  private final Sinks.One<Integer> gate = Sinks.one();

  private final MetricsListener listener =
      new MetricsListener() {
        @Override
        public void count(Event event) {
          events.merge(event, 1, Integer::sum);
        }

        @Override
        public void time(Timing timing, long amount, TimeUnit unit) {
          times.computeIfAbsent(timing, key -> new ArrayList<>()).add(unit.toMillis(amount));
        }
      };

  private ActorBuilder<Integer, Counting> builder() {
    return Actor.builder(0, Counting.counter())
        .scheduler(Schedulers.immediate())
        .timer(time)
        .metrics(listener);
  }

  @Test
  void messages_are_counted_and_timed_from_acceptance_to_the_end() {
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Do(gate::asMono));
    time.advanceTimeBy(Duration.ofMillis(5));
    actor.trySend(new Increment());
    assertThat(actor.mailboxSize()).isEqualTo(1);
    time.advanceTimeBy(Duration.ofMillis(20));
    gate.tryEmitValue(1);
    actor.trySend(new Do(() -> Mono.error(new IllegalStateException("no"))));
    assertThat(events)
        .containsOnly(
            Map.entry(Event.ACCEPTED, 3),
            Map.entry(Event.DELIVERED, 3),
            Map.entry(Event.SUCCEEDED, 2),
            Map.entry(Event.FAILED, 1));
    assertThat(times.get(Timing.WAIT)).containsExactly(0L, 20L, 0L);
    assertThat(times.get(Timing.RUN)).containsExactly(25L, 0L, 0L);
  }

  @Test
  void waiting_leaving_and_refusal_are_counted() {
    StatefulActor<Integer, Counting> actor = builder().mailbox(1).build();
    actor.trySend(new Do(gate::asMono));
    actor.trySend(new Increment());
    actor.trySend(new Increment());
    TestSubscriber<Void> leaving = TestSubscriber.create();
    TestSubscriber<Void> waiting = TestSubscriber.create();
    TestSubscriber<Integer> asking = TestSubscriber.create();
    actor.send(new Increment()).subscribe(leaving);
    actor.send(new Increment()).subscribe(waiting);
    actor.ask(Get::new).subscribe(asking);
    leaving.cancel();
    assertThat(events)
        .containsOnly(
            Map.entry(Event.ACCEPTED, 2),
            Map.entry(Event.DELIVERED, 1),
            Map.entry(Event.REJECTED, 1),
            Map.entry(Event.WAITING, 3),
            Map.entry(Event.CANCELLED, 1));
    events.clear();
    actor.kill().block(LIMIT);
    assertThat(waiting.isTerminatedError()).isTrue();
    assertThat(asking.isTerminatedError()).isTrue();
    // The one at hand and the one that waited.
    assertThat(events).containsOnly(Map.entry(Event.DROPPED, 2), Map.entry(Event.REJECTED, 2));
    events.clear();
    actor.trySend(new Increment());
    actor.send(new Increment()).onErrorComplete().block(LIMIT);
    assertThat(events).containsOnly(Map.entry(Event.REJECTED, 2));
  }

  @Test
  void what_a_policy_drops_is_counted() {
    StatefulActor<Integer, Counting> actor = builder().mailbox(1, Overflow.DROP_OLDEST).build();
    actor.trySend(new Do(gate::asMono));
    actor.trySend(new Increment());
    actor.trySend(new Increment());
    assertThat(events)
        .containsOnly(
            Map.entry(Event.ACCEPTED, 3),
            Map.entry(Event.DELIVERED, 1),
            Map.entry(Event.DROPPED, 1));
  }

  @Test
  void asks_that_time_out_or_leave_and_second_answers_are_counted() {
    AtomicReference<Reply<Integer>> kept = new AtomicReference<>();
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Do(gate::asMono));
    TestSubscriber<Integer> late = TestSubscriber.create();
    TestSubscriber<Integer> leaving = TestSubscriber.create();
    actor.ask(Get::new, Duration.ofSeconds(1)).subscribe(late);
    actor.ask(Get::new).subscribe(leaving);
    leaving.cancel();
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(late.isTerminatedError()).isTrue();
    gate.tryEmitValue(0);
    assertThat(events)
        .containsOnly(
            Map.entry(Event.ACCEPTED, 3),
            Map.entry(Event.DELIVERED, 1),
            Map.entry(Event.SUCCEEDED, 1),
            Map.entry(Event.TIMED_OUT, 1),
            Map.entry(Event.CANCELLED, 2));

    actor
        .<Integer>ask(
            reply -> {
              kept.set(reply);
              return new DoFor(reply, Mono::empty);
            })
        .subscribe();
    kept.get().reply(1);
    assertThat(events).doesNotContainKey(Event.IGNORED);
    kept.get().reply(2);
    kept.get().empty();
    kept.get().fail(new IllegalStateException("late"));
    assertThat(events).containsEntry(Event.IGNORED, 3);
  }

  @Test
  void a_behaviour_that_has_answered_and_fails_then_is_no_second_answer() {
    StatefulActor<Integer, Counting> actor = builder().build();
    actor
        .<Integer>ask(
            reply ->
                new DoFor(
                    reply,
                    () -> {
                      reply.reply(1);
                      throw new IllegalStateException("afterwards");
                    }))
        .block(LIMIT);
    assertThat(events).containsEntry(Event.FAILED, 1).doesNotContainKey(Event.IGNORED);
  }

  @Test
  void a_listener_that_throws_harms_nobody() {
    StatefulActor<Integer, Counting> actor =
        Actor.builder(0, Counting.counter())
            .scheduler(Schedulers.immediate())
            .metrics(
                new MetricsListener() {
                  @Override
                  public void count(Event event) {
                    throw new IllegalStateException("count");
                  }

                  @Override
                  public void time(Timing timing, long amount, TimeUnit unit) {
                    throw new IllegalStateException("time");
                  }
                })
            .build();
    actor.send(new Increment()).block(LIMIT);
    assertThat(actor.ask(Get::new).block(LIMIT)).isEqualTo(1);
  }
}
