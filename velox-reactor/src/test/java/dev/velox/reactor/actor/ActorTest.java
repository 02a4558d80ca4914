package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.Termination.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

class ActorTest {

  private static final Duration LIMIT = Duration.ofSeconds(40);

  /** The protocol of the specification's counter. */
  sealed interface Counter {
    record Increment() implements Counter {}

    record Decrement() implements Counter {}

    record Get(Reply<Integer> reply) implements Counter {}

    record Fail(Reply<Integer> reply) implements Counter {}
  }

  private static Mono<Integer> count(int state, Counter message) {
    if (message instanceof Counter.Increment) {
      return Mono.just(state + 1);
    }
    if (message instanceof Counter.Decrement) {
      return Mono.just(state - 1);
    }
    if (message instanceof Counter.Get get) {
      get.reply().success(state);
      return Mono.empty();
    }
    return Mono.error(new IOException("failed at " + state));
  }

  private static StatefulActor<Integer, Counter> counter() {
    return Actor.of(0, ActorTest::count);
  }

  /** Runs behaviours on the thread that sends, so that a test sees what they do. */
  private static <S, M> ActorBuilder<S, M> immediate(S initial, Behavior<S, M> behavior) {
    return Actor.builder(initial, behavior).scheduler(Schedulers.immediate());
  }

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void counts_as_in_the_specification() {
    StatefulActor<Integer, Counter> counter = counter();

    StepVerifier.create(
            counter
                .send(new Counter.Increment())
                .then(counter.tell(new Counter.Increment()))
                .then(counter.send(new Counter.Decrement()))
                .then(counter.send(new Counter.Increment()))
                .then(counter.ask(Counter.Get::new)))
        .expectNext(2)
        .verifyComplete();
    counter.stop();
    assertThat(counter.terminated().block(LIMIT)).isEqualTo(new Termination(Reason.STOPPED, null));
  }

  @Test
  void the_next_message_waits_for_the_end_of_the_one_before() {
    List<Integer> begun = new ArrayList<>();
    Sinks.One<Integer> gate = Sinks.one();
    Actor<Integer> actor =
        immediate(
                0,
                (Integer state, Integer message) -> {
                  begun.add(message);
                  return gate.asMono();
                })
            .build();

    actor.send(1).block(LIMIT);
    actor.send(2).block(LIMIT);
    assertThat(begun).containsExactly(1);
    assertThat(actor.mailboxSize()).isEqualTo(1);

    gate.tryEmitValue(5);

    assertThat(begun).containsExactly(1, 2);
  }

  @Test
  void a_state_is_kept_when_its_behaviour_succeeded_and_only_then() {
    StatefulActor<Integer, Mono<Integer>> actor =
        immediate(1, (Integer state, Mono<Integer> next) -> next).build();
    TestSubscriber<Integer> states = TestSubscriber.create();
    actor.states().subscribe(states);
    TestPublisher<Integer> late = TestPublisher.create();

    actor.send(Mono.just(2)).block(LIMIT);
    actor.send(Mono.empty()).block(LIMIT);
    actor.send(late.mono()).block(LIMIT);
    assertThat(states.getReceivedOnNext()).containsExactly(1, 2);
    late.emit(3);

    assertThat(states.getReceivedOnNext()).containsExactly(1, 2, 3);
    states.cancel();
  }

  @Test
  void never_two_behaviours_at_once_though_they_hop_threads() {
    messagesOfManySenders(4, 5_000);
  }

  @Tag("stress")
  @Test
  void never_two_behaviours_at_once_in_a_million_messages_of_eight_senders() {
    messagesOfManySenders(8, 125_000);
  }

  private static void messagesOfManySenders(int senders, int each) {
    AtomicInteger inside = new AtomicInteger();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    int[] last = new int[senders];
    java.util.Arrays.fill(last, -1);
    StatefulActor<Integer, Integer> actor =
        Actor.of(
            0,
            (state, message) -> {
              if (inside.incrementAndGet() != 1) {
                wrong.add("two at once at " + message);
              }
              int sender = message / each;
              if (message % each != last[sender] + 1) {
                wrong.add(message + " after " + last[sender]);
              }
              last[sender] = message % each;
              Mono<Integer> next = Mono.fromSupplier(() -> state + 1);
              return (message % 16 == 0
                      ? next.publishOn(Schedulers.parallel()).hide()
                      : next.hide())
                  .doOnNext(done -> inside.decrementAndGet());
            });

    Flux.range(0, senders)
        .flatMap(
            sender ->
                Flux.range(sender * each, each)
                    .concatMap(actor::send)
                    .subscribeOn(Schedulers.parallel()))
        .blockLast();
    actor.stop();
    actor.terminated().block();

    assertThat(wrong).isEmpty();
    assertThat(actor.states().blockLast(LIMIT)).isEqualTo(senders * each);
  }

  @Test
  void the_context_of_the_sender_reaches_the_behaviour() {
    StatefulActor<String, Integer> actor =
        Actor.of(
            "",
            (state, message) ->
                Mono.deferContextual(context -> Mono.just(state + context.get("user"))));
    actor.send(1).contextWrite(context -> context.put("user", "Ada")).block(LIMIT);
    actor.send(1).contextWrite(context -> context.put("user", "Bob")).block(LIMIT);
    actor.stop();

    assertThat(actor.states().blockLast(LIMIT)).isEqualTo("AdaBob");
  }

  @Nested
  class Mailbox {

    private final Sinks.One<Integer> gate = Sinks.one();
    private final Actor<Integer> busy =
        immediate(0, (Integer state, Integer message) -> gate.asMono()).mailbox(2).build();

    @Test
    void a_full_one_makes_send_wait_and_try_send_say_no() {
      assertThat(busy.trySend(0)).isEqualTo(TellResult.ACCEPTED);
      assertThat(busy.trySend(1)).isEqualTo(TellResult.ACCEPTED);
      assertThat(busy.trySend(2)).isEqualTo(TellResult.ACCEPTED);
      assertThat(busy.trySend(3)).isEqualTo(TellResult.FULL);
      TestSubscriber<Void> waiting = subscribe(busy.send(3));
      assertThat(waiting.isTerminated()).isFalse();

      gate.tryEmitValue(1);

      assertThat(waiting.isTerminatedComplete()).isTrue();
    }

    @Test
    void a_source_is_asked_for_no_more_than_there_is_room_for() {
      TestPublisher<Integer> source = TestPublisher.create();
      TestSubscriber<Long> sent = subscribe(busy.sendAll(source.flux()));
      source.next(1, 2);
      source.complete();

      assertThat(sent.getReceivedOnNext()).containsExactly(2L);
    }

    @Test
    void a_behaviour_that_sends_to_its_own_full_one_is_told_so() {
      AtomicReference<Actor<Integer>> self = new AtomicReference<>();
      AtomicReference<Throwable> told = new AtomicReference<>();
      Actor<Integer> actor =
          immediate(
                  0,
                  (Integer state, Integer message) ->
                      message > 1
                          ? Mono.<Integer>empty()
                          : self.get()
                              .send(2)
                              .then(self.get().send(3))
                              .doOnError(told::set)
                              .onErrorComplete()
                              .thenReturn(1))
              .mailbox(1)
              .build();
      self.set(actor);

      actor.send(1).block(LIMIT);

      assertThat(told.get()).isInstanceOf(MailboxFullException.class).hasMessageContaining("(1)");
    }
  }

  @Nested
  class Asks {

    @Test
    void a_failure_of_the_behaviour_reaches_the_asker_at_once_and_the_actor_goes_on() {
      StatefulActor<Integer, Counter> counter = counter();
      counter.send(new Counter.Increment()).block(LIMIT);

      StepVerifier.create(counter.ask(Counter.Fail::new))
          .expectErrorMessage("failed at 1")
          .verify(LIMIT);
      assertThat(counter.ask(Counter.Get::new).block(LIMIT)).isEqualTo(1);
    }

    @Test
    void a_second_answer_is_ignored() {
      List<Boolean> answered = new ArrayList<>();
      Actor<Reply<Integer>> actor =
          immediate(
                  0,
                  (Integer state, Reply<Integer> reply) -> {
                    answered.add(reply.success(1));
                    answered.add(reply.success(2));
                    answered.add(reply.error(new IOException()));
                    return Mono.empty();
                  })
              .build();

      assertThat(actor.<Integer>ask(reply -> reply).block(LIMIT)).isEqualTo(1);
      assertThat(answered).containsExactly(true, false, false);
    }

    @Test
    void an_error_is_an_answer() {
      Actor<Reply<Integer>> actor =
          Actor.of(
              0,
              (Integer state, Reply<Integer> reply) -> {
                reply.error(new IOException("no"));
                return Mono.empty();
              });

      StepVerifier.create(actor.<Integer>ask(reply -> reply))
          .expectErrorMessage("no")
          .verify(LIMIT);
    }

    @Test
    void one_that_is_cancelled_in_the_mailbox_is_never_handled() {
      Sinks.One<Integer> gate = Sinks.one();
      List<String> handled = new ArrayList<>();
      Actor<Reply<Integer>> actor =
          immediate(
                  0,
                  (Integer state, Reply<Integer> reply) -> {
                    handled.add("one");
                    return gate.asMono();
                  })
              .build();
      TestSubscriber<Integer> first = subscribe(actor.<Integer>ask(reply -> reply));
      TestSubscriber<Integer> second = subscribe(actor.<Integer>ask(reply -> reply));
      second.cancel();

      gate.tryEmitValue(1);

      assertThat(handled).hasSize(1);
      first.cancel();
    }

    @Test
    void one_that_runs_out_of_time_fails_and_is_never_handled() {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Sinks.One<Integer> gate = Sinks.one();
      AtomicInteger handled = new AtomicInteger();
      Actor<Reply<Integer>> actor =
          immediate(
                  0,
                  (Integer state, Reply<Integer> reply) -> {
                    handled.incrementAndGet();
                    return gate.asMono();
                  })
              .timer(time)
              .build();
      subscribe(actor.<Integer>ask(reply -> reply));
      TestSubscriber<Integer> hasty =
          subscribe(actor.<Integer>ask(reply -> reply, Duration.ofSeconds(1)));
      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(hasty.expectTerminalError()).isInstanceOf(TimeoutException.class);

      gate.tryEmitValue(1);

      assertThat(handled).hasValue(1);
    }

    @Test
    void one_of_a_stopped_actor_fails_before_during_and_after() {
      TestPublisher<Integer> pending = TestPublisher.create();
      Actor<Reply<Integer>> actor =
          immediate(0, (Integer state, Reply<Integer> reply) -> pending.mono()).build();
      TestSubscriber<Integer> during = subscribe(actor.<Integer>ask(reply -> reply));
      TestSubscriber<Integer> queued = subscribe(actor.<Integer>ask(reply -> reply));

      actor.kill();

      assertThat(during.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
      assertThat(queued.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
      StepVerifier.create(actor.<Integer>ask(reply -> reply))
          .expectError(ActorStoppedException.class)
          .verify(LIMIT);
      pending.assertCancelled();
    }

    @Test
    void one_that_nobody_answered_fails_when_the_actor_stops() {
      Actor<Reply<Integer>> actor =
          immediate(0, (Integer state, Reply<Integer> reply) -> Mono.<Integer>empty()).build();
      TestSubscriber<Integer> asker = subscribe(actor.<Integer>ask(reply -> reply));
      assertThat(asker.isTerminated()).isFalse();

      actor.stop();

      assertThat(asker.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
    }

    private Behavior<Integer, Reply<Integer>> asking(Supplier<Actor<Reply<Integer>>> other) {
      return (state, reply) ->
          other
              .get()
              .<Integer>ask(r -> r)
              .doOnNext(reply::success)
              .doOnError(reply::error)
              .onErrorComplete();
    }

    @Test
    void two_that_ask_each_other_are_told_at_once() {
      AtomicReference<Actor<Reply<Integer>>> one = new AtomicReference<>();
      AtomicReference<Actor<Reply<Integer>>> other = new AtomicReference<>();
      one.set(Actor.builder(0, asking(other::get)).name("one").build());
      other.set(Actor.builder(0, asking(one::get)).name("other").build());

      StepVerifier.create(one.get().<Integer>ask(reply -> reply))
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(AskDeadlockException.class)
                      .hasMessageContaining("Actor(one) -> Actor(other) -> Actor(one)"))
          .verify(LIMIT);
    }

    @Test
    void two_that_are_asked_at_once_and_ask_each_other_are_told_too() {
      for (int i = 0; i < 200; i++) {
        AtomicReference<Actor<Reply<Integer>>> one = new AtomicReference<>();
        AtomicReference<Actor<Reply<Integer>>> other = new AtomicReference<>();
        one.set(Actor.of(0, asking(other::get)));
        other.set(Actor.of(0, asking(one::get)));

        StepVerifier.create(
                Flux.mergeDelayError(
                    2,
                    one.get().<Integer>ask(reply -> reply).subscribeOn(Schedulers.parallel()),
                    other.get().<Integer>ask(reply -> reply).subscribeOn(Schedulers.parallel())))
            .expectError()
            .verify(LIMIT);
      }
    }

    @Test
    void one_that_asks_itself_is_told_so() {
      AtomicReference<Actor<Reply<Integer>>> self = new AtomicReference<>();
      self.set(Actor.of(0, asking(self::get)));

      StepVerifier.create(self.get().<Integer>ask(reply -> reply))
          .expectError(AskDeadlockException.class)
          .verify(LIMIT);
    }
  }

  @Nested
  class Ends {

    private final List<Integer> handled = new ArrayList<>();
    private final Queue<Integer> dead = new ConcurrentLinkedQueue<>();
    private final AtomicInteger stopped = new AtomicInteger();
    private final TestPublisher<Integer> first = TestPublisher.create();
    private final StatefulActor<Integer, Integer> actor =
        immediate(
                0,
                (Integer state, Integer message) -> {
                  handled.add(message);
                  return message == 1 ? first.mono() : Mono.just(message);
                })
            .onDeadLetter(dead::add)
            .postStop(Mono.fromRunnable(stopped::incrementAndGet))
            .build();
    private final TestSubscriber<Termination> end = subscribe(actor.terminated());

    private void sendThree() {
      Flux.just(1, 2, 3).concatMap(actor::send).blockLast();
    }

    @Test
    void stop_finishes_what_was_accepted() {
      sendThree();
      assertThat(actor.stop()).isTrue();
      assertThat(actor.stop()).isFalse();
      assertThat(actor.isStopped()).isTrue();
      assertThat(actor.trySend(4)).isEqualTo(TellResult.STOPPED);
      assertThat(end.isTerminated()).isFalse();

      first.emit(9);

      assertThat(handled).containsExactly(1, 2, 3);
      assertThat(dead).isEmpty();
      assertThat(stopped).hasValue(1);
      assertThat(end.getReceivedOnNext()).containsExactly(new Termination(Reason.STOPPED, null));
      assertThat(actor.states().collectList().block(LIMIT)).containsExactly(3);
      StepVerifier.create(actor.send(4)).expectError(ActorStoppedException.class).verify(LIMIT);
    }

    @Test
    void stop_now_finishes_the_current_message_and_discards_each_other_once() {
      sendThree();
      List<Integer> discarded = new ArrayList<>();
      actor.send(4).doOnDiscard(Integer.class, discarded::add).block(LIMIT);

      assertThat(actor.stopNow()).isTrue();
      assertThat(dead).containsExactly(2, 3, 4);
      assertThat(discarded).containsExactly(4);
      assertThat(end.isTerminated()).isFalse();
      first.assertNotCancelled();
      first.emit(9);

      assertThat(handled).containsExactly(1);
      assertThat(end.getReceivedOnNext().get(0).reason()).isEqualTo(Reason.STOPPED_NOW);
      assertThat(actor.states().collectList().block(LIMIT)).containsExactly(9);
    }

    @Test
    void kill_cancels_the_current_message_too() {
      sendThree();

      assertThat(actor.kill()).isTrue();

      first.assertCancelled();
      assertThat(dead).containsExactlyInAnyOrder(1, 2, 3);
      assertThat(stopped).hasValue(1);
      assertThat(end.getReceivedOnNext().get(0).reason()).isEqualTo(Reason.KILLED);
      assertThat(actor.states().collectList().block(LIMIT)).containsExactly(0);
    }

    @Test
    void a_stop_may_become_more_urgent_but_not_less() {
      sendThree();
      assertThat(actor.stop()).isTrue();
      assertThat(actor.stopNow()).isTrue();
      assertThat(actor.kill()).isTrue();
      assertThat(actor.stopNow()).isFalse();

      assertThat(end.getReceivedOnNext().get(0).reason()).isEqualTo(Reason.KILLED);
    }

    @Test
    void an_idle_one_stops_at_once() {
      actor.stop();

      assertThat(end.getReceivedOnNext()).hasSize(1);
      assertThat(actor.terminated().block(LIMIT)).isNotNull();
    }

    @Test
    void one_may_stop_from_inside_its_own_behaviour() {
      AtomicReference<Actor<Integer>> self = new AtomicReference<>();
      Queue<Integer> left = new ConcurrentLinkedQueue<>();
      Actor<Integer> own =
          immediate(
                  0,
                  (Integer state, Integer message) -> {
                    self.get().stopNow();
                    return Mono.just(message);
                  })
              .onDeadLetter(left::add)
              .build();
      self.set(own);

      own.send(1).block(LIMIT);

      assertThat(own.terminated().block(LIMIT).reason()).isEqualTo(Reason.STOPPED_NOW);
      assertThat(left).isEmpty();
    }
  }

  @Nested
  class Failures {

    private final List<String> calls = new ArrayList<>();
    private final Queue<Integer> dead = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

    private StatefulActor<Integer, Integer> supervised(Supervision supervision) {
      return immediate(
              0,
              (Integer state, Integer message) -> {
                calls.add("handle " + message + " at " + state);
                if (message < 0) {
                  throw message == -1
                      ? new IllegalStateException("failed")
                      : new IllegalArgumentException("failed otherwise");
                }
                return Mono.just(state + message);
              })
          .supervision(supervision)
          .timer(time)
          .onDeadLetter(dead::add)
          .preRestart(Mono.fromRunnable(() -> calls.add("preRestart")))
          .postStop(Mono.fromRunnable(() -> calls.add("postStop")))
          .build();
    }

    private void send(Actor<Integer> actor, Integer... messages) {
      Hooks.onErrorDropped(dropped::add);
      try {
        Flux.fromArray(messages).concatMap(actor::send).blockLast();
      } finally {
        Hooks.resetOnErrorDropped();
      }
    }

    @Test
    void resume_keeps_the_state() {
      StatefulActor<Integer, Integer> actor = supervised(Supervision.resume());
      send(actor, 1, -1, 2);

      assertThat(calls).containsExactly("handle 1 at 0", "handle -1 at 1", "handle 2 at 1");
      assertThat(dropped).hasSize(1);
      actor.stop();
      assertThat(actor.states().blockLast(LIMIT)).isEqualTo(3);
    }

    @Test
    void stop_ends_it_with_the_failure() {
      StatefulActor<Integer, Integer> actor = supervised(Supervision.stop());
      send(actor, 1, -1);

      Termination end = actor.terminated().block(LIMIT);
      assertThat(end.reason()).isEqualTo(Reason.FAILED);
      assertThat(end.cause()).hasMessage("failed");
      assertThat(calls).containsExactly("handle 1 at 0", "handle -1 at 1", "postStop");
    }

    @Test
    void restart_begins_anew_and_keeps_the_mail() {
      StatefulActor<Integer, Integer> actor =
          supervised(Supervision.restart(3, Duration.ofMinutes(1), n -> Duration.ofSeconds(n)));
      send(actor, 1, -1, 2, 3);
      assertThat(calls).containsExactly("handle 1 at 0", "handle -1 at 1", "preRestart");
      time.advanceTimeBy(Duration.ofMillis(999));
      assertThat(calls).hasSize(3);

      time.advanceTimeBy(Duration.ofMillis(1));

      assertThat(calls)
          .containsExactly(
              "handle 1 at 0", "handle -1 at 1", "preRestart", "handle 2 at 0", "handle 3 at 2");
      actor.stop();
      assertThat(actor.states().blockLast(LIMIT)).isEqualTo(5);
    }

    @Test
    void one_restart_too_many_in_a_window_ends_it_and_its_mail_is_dead() {
      StatefulActor<Integer, Integer> actor =
          supervised(Supervision.restart(2, Duration.ofMinutes(1), n -> Duration.ofSeconds(1)));
      send(actor, -1, -1, -1, 7, 8);

      time.advanceTimeBy(Duration.ofSeconds(2));

      assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.FAILED);
      assertThat(dead).containsExactly(7, 8);
      assertThat(calls)
          .containsExactly(
              "handle -1 at 0",
              "preRestart",
              "handle -1 at 0",
              "preRestart",
              "handle -1 at 0",
              "postStop");
    }

    @Test
    void restarts_of_a_window_that_is_over_do_not_count() {
      StatefulActor<Integer, Integer> actor =
          supervised(Supervision.restart(1, Duration.ofMinutes(1), n -> Duration.ZERO));
      for (int i = 0; i < 5; i++) {
        send(actor, -1);
        time.advanceTimeBy(Duration.ofMinutes(1));
      }

      assertThat(actor.isStopped()).isFalse();
    }

    @Test
    void each_kind_of_failure_may_have_its_own_way() {
      StatefulActor<Integer, Integer> actor =
          supervised(Supervision.resume().on(IllegalArgumentException.class, Supervision.stop()));
      send(actor, -1);
      assertThat(actor.isStopped()).isFalse();
      send(actor, -2);
      assertThat(actor.terminated().block(LIMIT).cause()).hasMessage("failed otherwise");
    }

    @Test
    void a_stop_during_a_long_back_off_does_not_wait_for_it() {
      StatefulActor<Integer, Integer> actor =
          supervised(Supervision.restart(3, Duration.ofDays(9), n -> Duration.ofDays(1)));
      send(actor, -1, 5);

      actor.stopNow();

      assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.STOPPED_NOW);
      assertThat(dead).containsExactly(5);
    }
  }

  @Test
  void a_reader_of_states_that_is_slow_sees_the_latest() {
    StatefulActor<Integer, Integer> actor =
        immediate(0, (Integer state, Integer message) -> Mono.just(message)).build();
    TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(0).build();
    actor.states().subscribe(slow);
    Flux.range(1, 1_000).concatMap(actor::send).blockLast();

    slow.request(1);
    assertThat(slow.getReceivedOnNext()).containsExactly(1_000);
    actor.stop();
    assertThat(slow.isTerminatedComplete()).isTrue();
  }

  @Test
  void a_long_run_of_messages_lets_others_have_the_thread() {
    Scheduler single = Schedulers.newSingle("one-thread");
    try {
      List<String> order = new ArrayList<>();
      Sinks.One<Integer> gate = Sinks.one();
      Actor<Integer> much =
          Actor.builder(
                  0,
                  (Integer state, Integer message) -> {
                    order.add("much");
                    return message == 0 ? gate.asMono() : Mono.just(message);
                  })
              .scheduler(single)
              .throughput(8)
              .build();
      Actor<Integer> other =
          Actor.builder(
                  0,
                  (Integer state, Integer message) -> {
                    order.add("other");
                    return Mono.just(message);
                  })
              .scheduler(single)
              .build();
      Flux.range(0, 100).concatMap(much::send).blockLast();
      // Both are due when the thread is free.
      single.schedule(
          () -> {
            gate.tryEmitValue(1);
            other.trySend(1);
            much.stop();
            other.stop();
          });
      Mono.when(much.terminated(), other.terminated()).block(LIMIT);

      assertThat(order).hasSize(101);
      assertThat(order.indexOf("other")).isLessThan(50);
    } finally {
      single.dispose();
    }
  }

  @Test
  void a_hundred_thousand_messages_of_a_behaviour_that_is_done_at_once_need_no_stack() {
    StatefulActor<Integer, Integer> actor =
        Actor.builder(0, Behavior.sync((Integer state, Integer message) -> state + message))
            .mailbox(Integer.MAX_VALUE)
            .build();
    for (int i = 0; i < 100_000; i++) {
      assertThat(actor.trySend(1).isAccepted()).isTrue();
    }
    actor.stop();

    assertThat(actor.states().blockLast(LIMIT)).isEqualTo(100_000);
  }
}
