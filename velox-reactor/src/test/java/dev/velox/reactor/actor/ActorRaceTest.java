package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
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

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }
}
