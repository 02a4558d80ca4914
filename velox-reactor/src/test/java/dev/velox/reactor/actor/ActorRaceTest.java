package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** Whatever races, each accepted message is handled once, or is a dead letter once. */
class ActorRaceTest {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int RACES = 1_000;

  private record Told(int sender, int number) {}

  /** Counts what is handled and what is not. */
  private static final class Subject {
    final AtomicInteger handled = new AtomicInteger();
    final AtomicInteger letters = new AtomicInteger();
    final StatefulActor<Integer, Integer> actor =
        Actor.builder(
                0,
                (Integer state, Integer message) -> {
                  handled.incrementAndGet();
                  return Mono.just(state + message).hide();
                })
            .mailbox(2)
            .onDeadLetter(letter -> letters.incrementAndGet())
            .build();
  }

  @Test
  void of_a_send_and_a_stop_no_accepted_message_is_lost() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject();
      AtomicInteger sent = new AtomicInteger();
      RaceTestUtils.race(
          () -> sent.addAndGet(subject.actor.trySend(1) == SendResult.SENT ? 1 : 0),
          () -> subject.actor.stop().subscribe());
      subject.actor.terminated().block(LIMIT);
      assertThat(subject.handled).hasValue(sent.get());
      assertThat(subject.letters).hasValue(0);
    }
  }

  @Test
  void of_a_send_and_a_kill_each_accepted_message_is_handled_or_a_dead_letter() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject();
      AtomicInteger sent = new AtomicInteger();
      Runnable send = () -> sent.addAndGet(subject.actor.trySend(1) == SendResult.SENT ? 1 : 0);
      RaceTestUtils.race(send, send, () -> subject.actor.kill().subscribe());
      subject.actor.terminated().block(LIMIT);
      // A behaviour that was called off after it was entered is handled and a dead letter.
      assertThat(subject.handled.get() + subject.letters.get())
          .isBetween(sent.get(), 2 * sent.get());
      assertThat(subject.letters.get()).isLessThanOrEqualTo(sent.get());
    }
  }

  @Test
  void of_sends_that_drop_the_oldest_and_a_stop_it_ends_and_none_is_lost() {
    for (int i = 0; i < RACES; i++) {
      AtomicInteger seen = new AtomicInteger();
      Actor<Integer> actor =
          Actor.builder(
                  0,
                  Behavior.sync(
                      (Integer state, Integer message) -> {
                        seen.incrementAndGet();
                        return state;
                      }))
              .mailbox(1, Overflow.DROP_OLDEST)
              .onDeadLetter(letter -> seen.incrementAndGet())
              .build();
      AtomicInteger sent = new AtomicInteger();
      Runnable send = () -> sent.addAndGet(actor.trySend(1) == SendResult.SENT ? 1 : 0);
      RaceTestUtils.race(send, send, send, () -> actor.stop().subscribe());
      actor.terminated().block(LIMIT);
      assertThat(seen).hasValue(sent.get());
    }
  }

  @Test
  void of_a_cancelled_send_and_room_one_wins() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject();
      AtomicInteger completed = new AtomicInteger();
      for (int n = 0; n < 3; n++) {
        subject.actor.trySend(0);
      }
      reactor.core.Disposable waiting =
          subject.actor.send(1).subscribe(nothing -> {}, e -> {}, completed::incrementAndGet);
      RaceTestUtils.race(waiting::dispose, () -> subject.actor.trySend(0));
      subject.actor.stop().block(LIMIT);
      assertThat(subject.actor.waitingSenders()).isZero();
      assertThat(subject.actor.state()).isBetween(completed.get(), 1);
    }
  }

  @Test
  void of_an_answer_a_cancellation_and_a_stop_one_wins() {
    for (int i = 0; i < RACES; i++) {
      StatefulActor<Integer, Reply<Integer>> actor =
          Actor.of(
              0,
              (Integer state, Reply<Integer> reply) -> {
                reply.reply(1);
                return Mono.just(state);
              });
      AtomicInteger ends = new AtomicInteger();
      CountDownLatch over = new CountDownLatch(1);
      reactor.core.Disposable ask =
          actor
              .<Integer>ask(reply -> reply)
              .doFinally(
                  signal -> {
                    ends.incrementAndGet();
                    over.countDown();
                  })
              .subscribe(value -> {}, error -> {});
      RaceTestUtils.race(ask::dispose, () -> actor.stopNow().subscribe());
      await(over);
      actor.terminated().block(LIMIT);
      assertThat(ends).hasValue(1);
    }
  }

  @Test
  void of_senders_that_drop_the_oldest_and_a_stop_each_accepted_message_has_one_end() {
    for (int i = 0; i < RACES; i++) {
      AtomicInteger handled = new AtomicInteger();
      AtomicInteger letters = new AtomicInteger();
      AtomicInteger sent = new AtomicInteger();
      StatefulActor<Integer, Integer> actor =
          Actor.builder(
                  0, Behavior.sync((Integer state, Integer message) -> handled.incrementAndGet()))
              .mailbox(1, Overflow.DROP_OLDEST)
              .onDeadLetter(letter -> letters.incrementAndGet())
              .build();
      Runnable send =
          () -> {
            for (int n = 0; n < 3; n++) {
              sent.addAndGet(actor.trySend(n) == SendResult.SENT ? 1 : 0);
            }
          };
      RaceTestUtils.race(send, send, () -> actor.stop().subscribe());
      actor.terminated().block(LIMIT);
      assertThat(handled.get() + letters.get()).isEqualTo(sent.get());
    }
  }

  @Test
  void of_a_send_that_waits_and_an_end_of_any_kind_it_is_told_once() {
    List<Function<Actor<Integer>, Mono<Termination>>> ends =
        List.of(Actor::stop, Actor::stopNow, Actor::kill);
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject();
      AtomicInteger told = new AtomicInteger();
      AtomicInteger accepted = new AtomicInteger();
      Runnable send =
          () -> {
            for (int n = 0; n < 4; n++) {
              subject
                  .actor
                  .send(1)
                  .doOnSuccess(nothing -> accepted.incrementAndGet())
                  .onErrorComplete()
                  .doFinally(signal -> told.incrementAndGet())
                  .subscribe();
            }
          };
      Mono<Termination> end = ends.get(i % 3).apply(subject.actor);
      RaceTestUtils.race(send, end::subscribe);
      subject.actor.terminated().block(LIMIT);
      assertThat(told).hasValue(4);
      assertThat(subject.handled.get() + subject.letters.get())
          .isGreaterThanOrEqualTo(accepted.get());
    }
  }

  @Test
  void of_ends_of_all_kinds_and_who_watches_all_are_told_the_same() {
    for (int i = 0; i < RACES; i++) {
      StatefulActor<Integer, Integer> actor = Actor.of(0, Behavior.sync(Integer::sum));
      Queue<Termination> told = new ConcurrentLinkedQueue<>();
      AtomicInteger completed = new AtomicInteger();
      RaceTestUtils.race(
          () -> actor.stop().subscribe(told::add),
          () -> actor.kill().subscribe(told::add),
          () -> actor.terminated().subscribe(told::add),
          () -> actor.states().doOnComplete(completed::incrementAndGet).subscribe());
      Termination end = actor.terminated().block(LIMIT);
      actor.states().blockLast(LIMIT);
      // Each subscription has been told by now, or is told by the thread that told this one.
      awaitUntil(() -> told.size() == 3 && completed.get() == 1);
      assertThat(told).containsOnly(end);
    }
  }

  @Test
  void of_an_answer_and_a_time_out_one_wins() {
    for (int i = 0; i < RACES; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      AtomicReference<Reply<Integer>> kept = new AtomicReference<>();
      StatefulActor<Integer, Reply<Integer>> actor =
          Actor.builder(
                  0,
                  Behavior.sync(
                      (Integer state, Reply<Integer> reply) -> {
                        kept.set(reply);
                        return state;
                      }))
              .scheduler(Schedulers.immediate())
              .timer(time)
              .build();
      Queue<Object> outcomes = new ConcurrentLinkedQueue<>();
      actor
          .<Integer>ask(reply -> reply, Duration.ofMillis(10))
          .subscribe(outcomes::add, outcomes::add);
      AtomicBoolean answered = new AtomicBoolean();
      RaceTestUtils.race(
          () -> time.advanceTimeBy(Duration.ofMillis(30)), () -> answered.set(kept.get().reply(1)));
      assertThat(outcomes).hasSize(1);
      assertThat(outcomes.peek().equals(1)).isEqualTo(answered.get());
    }
  }

  /** Handles timers, what is piped, and orders of its siblings while it is stopped or killed. */
  @Test
  void of_what_an_actor_sends_itself_and_its_end_neither_hangs() {
    for (int i = 0; i < RACES; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Sinks.One<Integer> piped = Sinks.one();
      StatefulActor<Integer, Integer> actor =
          Actor.builder(
                  0,
                  (ActorContext<Integer, Integer> context, Integer state, Integer message) -> {
                    if (message == 0) {
                      context.startTimerAtFixedRate("t", 1, Duration.ofMillis(1));
                      context.pipeToSelf(piped.asMono(), (value, error) -> 2);
                    }
                    return Mono.just(state + 1);
                  })
              .timer(time)
              .build();
      actor.trySend(0);
      boolean isKill = i % 2 == 0;
      RaceTestUtils.race(
          () -> time.advanceTimeBy(Duration.ofMillis(5)),
          () -> piped.tryEmitValue(1),
          () -> (isKill ? actor.kill() : actor.stop()).subscribe());
      assertThat(actor.terminated().block(LIMIT).reason())
          .isEqualTo(isKill ? Termination.Reason.KILLED : Termination.Reason.STOPPED);
      int state = actor.state();
      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(actor.state()).isEqualTo(state);
    }
  }

  @Test
  void of_a_restart_of_all_and_messages_each_message_is_handled_once() {
    for (int i = 0; i < RACES; i++) {
      AtomicInteger handled = new AtomicInteger();
      Behavior<Integer, Integer> counting =
          (state, message) -> {
            handled.incrementAndGet();
            return message < 0
                ? Mono.error(new IllegalStateException("no"))
                : Mono.just(state + message);
          };
      List<StatefulActor<Integer, Integer>> children = new CopyOnWriteArrayList<>();
      StatefulActor<Integer, Integer> parent =
          Actor.of(
              0,
              (ActorContext<Integer, Integer> context, Integer state, Integer message) -> {
                for (int n = 0; n < 2; n++) {
                  children.add(
                      context.spawn(
                          Actor.builder(0, counting)
                              .supervision(Supervision.restart().allForOne())));
                }
                return Mono.just(1);
              });
      parent.send(0).block(LIMIT);
      assertThat(parent.states().filter(state -> state == 1).blockFirst(LIMIT)).isEqualTo(1);
      RaceTestUtils.race(
          () -> children.get(0).trySend(-1),
          () -> children.get(1).trySend(-1),
          () -> children.get(1).trySend(1));
      parent.stop().block(LIMIT);
      assertThat(handled).hasValue(3);
      assertThat(children).allMatch(Actor::isDisposed);
    }
  }

  @Test
  void of_an_actor_that_comes_and_a_system_that_ends_nobody_lives_on() {
    for (int i = 0; i < RACES; i++) {
      ActorSystem system = ActorSystem.create("s");
      AtomicReference<Actor<Integer>> spawned = new AtomicReference<>();
      RaceTestUtils.race(
          () -> spawned.set(system.spawn(Actor.builder(0, Behavior.sync(Integer::sum)))),
          () -> system.shutdown().block(LIMIT));
      spawned.get().terminated().block(LIMIT);
      assertThat(system.size()).isZero();
    }
  }

  @Test
  void behaviours_that_hop_threads_never_overlap() {
    ordered(8, 2_000);
  }

  @Test
  @Tag("stress")
  void a_million_messages_from_eight_threads_are_each_seen_once_and_in_order() {
    ordered(8, 125_000);
  }

  private static void ordered(int senders, int each) {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger disorders = new AtomicInteger();
    StatefulActor<int[], Told> actor =
        Actor.of(
            new int[senders],
            (int[] next, Told told) -> {
              if (inside.incrementAndGet() != 1) {
                overlaps.incrementAndGet();
              }
              if (next[told.sender]++ != told.number) {
                disorders.incrementAndGet();
              }
              Mono<int[]> done =
                  Mono.fromSupplier(
                      () -> {
                        inside.decrementAndGet();
                        return next;
                      });
              return told.number % 7 == 0 ? done.subscribeOn(Schedulers.parallel()) : done;
            });
    Flux.range(0, senders)
        .flatMap(
            sender ->
                actor
                    .sendAll(Flux.range(0, each).map(number -> new Told(sender, number)))
                    .subscribeOn(Schedulers.boundedElastic()))
        .blockLast(LIMIT);
    actor.stop().block(LIMIT);
    assertThat(overlaps).hasValue(0);
    assertThat(disorders).hasValue(0);
    assertThat(actor.state()).containsOnly(each);
  }

  @Test
  void what_many_threads_try_to_send_is_exactly_what_was_accepted() {
    StatefulActor<Integer, Integer> actor =
        Actor.builder(0, Behavior.sync((Integer a, Integer b) -> a + b)).mailbox(8).build();
    AtomicInteger sent = new AtomicInteger();
    Flux.range(0, 8)
        .flatMap(
            sender ->
                Mono.fromRunnable(
                        () -> {
                          for (int i = 0; i < 5_000; i++) {
                            if (actor.trySend(1) == SendResult.SENT) {
                              sent.incrementAndGet();
                            }
                          }
                        })
                    .subscribeOn(Schedulers.boundedElastic()))
        .blockLast(LIMIT);
    actor.stop().block(LIMIT);
    assertThat(actor.state()).isEqualTo(sent.get());
  }

  private static void awaitUntil(BooleanSupplier condition) {
    Mono.fromSupplier(condition::getAsBoolean)
        .filter(holds -> holds)
        .repeatWhenEmpty(tries -> tries.delayElements(Duration.ofMillis(1)))
        .block(LIMIT);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void of_actors_that_wake_each_other_each_handles_each_message_once() throws Exception {
    int actors = 16;
    int tokens = 64;
    int steps = 2_000;
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch ended = new CountDownLatch(tokens);
    List<Actor<Integer>> all = new CopyOnWriteArrayList<>();
    for (int i = 0; i < actors; i++) {
      int own = i;
      AtomicBoolean inside = new AtomicBoolean();
      all.add(
          Actor.builder(
                  0,
                  Behavior.sync(
                      (Integer state, Integer left) -> {
                        if (!inside.compareAndSet(false, true)) {
                          throw new IllegalStateException("Two at once");
                        }
                        handled.incrementAndGet();
                        if (left == 0) {
                          ended.countDown();
                        } else {
                          int to = (own + 1 + left % (actors - 1)) % actors;
                          assertThat(all.get(to).trySend(left - 1)).isEqualTo(SendResult.SENT);
                        }
                        inside.set(false);
                        return state;
                      }))
              .throughput(3)
              .build());
    }
    Runnable send =
        () -> {
          for (int i = 0; i < tokens / 2; i++) {
            assertThat(all.get(i % actors).trySend(steps)).isEqualTo(SendResult.SENT);
          }
        };
    RaceTestUtils.race(send, send);
    assertThat(ended.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(handled).hasValue(tokens * (steps + 1));
    for (Actor<Integer> each : all) {
      each.stop().block(LIMIT);
    }
  }

  @Test
  void who_tries_again_with_each_turn_until_there_is_room_gets_it() {
    AtomicInteger seen = new AtomicInteger();
    Actor<Integer> small =
        Actor.builder(
                0,
                Behavior.sync(
                    (Integer state, Integer message) -> {
                      seen.incrementAndGet();
                      return state;
                    }))
            .mailbox(1)
            .build();
    AtomicReference<Actor<Reply<Boolean>>> self = new AtomicReference<>();
    self.set(
        Actor.of(
            0,
            Behavior.sync(
                (Integer sent, Reply<Boolean> reply) -> {
                  int now = small.trySend(sent) == SendResult.SENT ? sent + 1 : sent;
                  if (now == 1_000) {
                    reply.reply(true);
                  } else {
                    assertThat(self.get().trySend(reply)).isEqualTo(SendResult.SENT);
                  }
                  return now;
                })));
    assertThat(self.get().<Boolean>ask(reply -> reply, LIMIT).block(LIMIT)).isTrue();
    self.get().stop().block(LIMIT);
    small.stop().block(LIMIT);
    assertThat(seen).hasValue(1_000);
  }

  @Test
  void actors_that_never_rest_leave_others_their_turn() {
    int restless = 4 * Runtime.getRuntime().availableProcessors();
    AtomicBoolean over = new AtomicBoolean();
    List<Actor<Integer>> busy = new CopyOnWriteArrayList<>();
    for (int i = 0; i < restless; i++) {
      AtomicReference<Actor<Integer>> self = new AtomicReference<>();
      self.set(
          Actor.of(
              0,
              Behavior.sync(
                  (Integer state, Integer message) -> {
                    if (!over.get()) {
                      assertThat(self.get().trySend(message)).isEqualTo(SendResult.SENT);
                    }
                    return state;
                  })));
      busy.add(self.get());
    }
    try {
      for (Actor<Integer> each : busy) {
        assertThat(each.trySend(1)).isEqualTo(SendResult.SENT);
      }
      Actor<Reply<Integer>> other =
          Actor.of(
              0,
              Behavior.sync(
                  (Integer state, Reply<Integer> reply) -> {
                    reply.reply(state);
                    return state + 1;
                  }));
      for (int i = 0; i < 100; i++) {
        assertThat(other.<Integer>ask(reply -> reply, LIMIT).block(LIMIT)).isEqualTo(i);
      }
      other.stop().block(LIMIT);
    } finally {
      over.set(true);
    }
    for (Actor<Integer> each : busy) {
      each.stop().block(LIMIT);
    }
  }
}
