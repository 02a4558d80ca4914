package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Counting.Decrement;
import dev.velox.reactor.actor.Counting.Do;
import dev.velox.reactor.actor.Counting.DoFor;
import dev.velox.reactor.actor.Counting.Get;
import dev.velox.reactor.actor.Counting.Increment;
import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

class ActorTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Queue<Object> letters = new ConcurrentLinkedQueue<>();

  private ActorBuilder<Integer, Counting> builder() {
    return Actor.builder(0, Counting.counter())
        .name("counter")
        // Turns run at once, on the thread that caused them.
        .scheduler(Schedulers.immediate())
        .onDeadLetter(letter -> letters.add(letter.message()));
  }

  @Test
  void the_counter_of_the_specification_counts() {
    StatefulActor<Integer, Counting> counter = Actor.of(0, Counting.counter());
    counter
        .send(new Increment())
        .then(counter.send(new Increment()))
        .then(counter.tell(new Decrement()))
        .block(LIMIT);
    assertThat(counter.ask(Get::new).block(LIMIT)).isEqualTo(1);
    assertThat(counter.state()).isEqualTo(1);
  }

  @Test
  void a_synchronous_behaviour_counts() {
    StatefulActor<Integer, Integer> sum = Actor.of(0, Behavior.sync(Integer::sum));
    assertThat(sum.sendAll(Flux.range(1, 1000)).block(LIMIT)).isEqualTo(1000);
    assertThat(sum.stop().block(LIMIT).reason()).isEqualTo(Reason.STOPPED);
    assertThat(sum.state()).isEqualTo(500_500);
  }

  @Test
  void the_next_message_waits_until_the_one_before_has_completed() {
    Sinks.One<Integer> result = Sinks.one();
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Do(result::asMono));
    actor.trySend(new Increment());
    assertThat(actor.state()).isZero();
    result.tryEmitValue(10);
    assertThat(actor.state()).isEqualTo(11);
  }

  @Test
  void an_empty_result_leaves_the_state() {
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Increment());
    actor.trySend(new Do(Mono::empty));
    actor.trySend(new Do(() -> Mono.<Integer>empty().hide()));
    assertThat(actor.state()).isEqualTo(1);
  }

  @Test
  void a_failure_keeps_the_last_state_and_the_actor() {
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Increment());
    actor.trySend(new Do(() -> Mono.error(new IllegalStateException("no"))));
    actor.trySend(
        new Do(
            () -> {
              throw new IllegalStateException("no");
            }));
    actor.trySend(new Do(() -> null));
    actor.trySend(new Increment());
    assertThat(actor.state()).isEqualTo(2);
  }

  @Test
  void a_full_mailbox_makes_send_wait_and_trySend_say_so() {
    Sinks.One<Integer> result = Sinks.one();
    StatefulActor<Integer, Counting> actor = builder().mailbox(1).build();
    actor.trySend(new Do(result::asMono));
    assertThat(actor.trySend(new Increment())).isEqualTo(SendResult.SENT);
    assertThat(actor.trySend(new Increment())).isEqualTo(SendResult.FULL);
    TestSubscriber<Void> waiting = TestSubscriber.create();
    TestSubscriber<Void> leaving = TestSubscriber.create();
    actor.send(new Increment()).subscribe(leaving);
    actor.send(new Increment()).subscribe(waiting);
    assertThat(actor.waitingSenders()).isEqualTo(2);
    leaving.cancel();
    assertThat(actor.waitingSenders()).isEqualTo(1);
    assertThat(waiting.isTerminated()).isFalse();

    result.tryEmitValue(0);
    assertThat(waiting.isTerminatedComplete()).isTrue();
    assertThat(actor.state()).isEqualTo(2);
  }

  @Test
  void overflow_policies_drop_or_fail() {
    assertThat(overflowing(Overflow.DROP_OLDEST)).isEqualTo(SendResult.SENT);
    assertThat(letters).containsExactly(new Increment());
    letters.clear();
    assertThat(overflowing(Overflow.DROP_LATEST)).isEqualTo(SendResult.DROPPED);
    assertThat(letters).containsExactly(new Decrement());
    letters.clear();
    assertThat(overflowing(Overflow.ERROR)).isEqualTo(SendResult.FULL);
    assertThat(letters).isEmpty();

    StatefulActor<Integer, Counting> full = builder().mailbox(1, Overflow.ERROR).build();
    full.trySend(new Do(Mono::never));
    full.trySend(new Increment());
    StepVerifier.create(full.send(new Increment()))
        .verifyErrorMessage("The mailbox of counter is full with 1 messages");
    StepVerifier.create(full.ask(Get::new)).verifyError(MailboxFullException.class);
  }

  private SendResult overflowing(Overflow overflow) {
    StatefulActor<Integer, Counting> actor = builder().mailbox(1, overflow).build();
    actor.trySend(new Do(Mono::never));
    actor.trySend(new Increment());
    return actor.trySend(new Decrement());
  }

  @Test
  void a_priority_goes_before_the_order() {
    List<Integer> seen = new ArrayList<>();
    Sinks.One<Integer> gate = Sinks.one();
    StatefulActor<Integer, Integer> actor =
        Actor.builder(
                0,
                (Integer state, Integer message) -> {
                  seen.add(message);
                  return message == 0 ? gate.asMono() : Mono.just(state);
                })
            .priority((a, b) -> Integer.compare(a / 10, b / 10))
            .scheduler(Schedulers.immediate())
            .build();
    for (int each : new int[] {0, 31, 11, 21, 12, 32, 1}) {
      actor.trySend(each);
    }
    gate.tryEmitValue(0);
    assertThat(seen).containsExactly(0, 1, 11, 12, 21, 31, 32);
  }

  @Test
  void a_behaviour_that_sends_to_its_own_full_mailbox_gets_an_error() {
    AtomicReference<Actor<Counting>> self = new AtomicReference<>();
    StatefulActor<Integer, Counting> actor = builder().mailbox(1).build();
    self.set(actor);
    Sinks.Empty<Void> full = Sinks.empty();
    Mono<Integer> answer =
        actor.ask(
            reply ->
                new DoFor(
                    reply,
                    () -> full.asMono().then(self.get().send(new Increment())).thenReturn(5)));
    TestSubscriber<Integer> asked = TestSubscriber.create();
    answer.subscribe(asked);
    actor.trySend(new Increment());
    full.tryEmitEmpty();
    assertThat(asked.expectTerminalError())
        .isInstanceOf(MailboxFullException.class)
        .hasMessageContaining("would wait for itself");
    assertThat(actor.state()).isEqualTo(1);
  }

  @Test
  void an_ask_that_times_out_while_it_queues_is_never_executed() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    StatefulActor<Integer, Counting> actor = builder().timer(time).build();
    Sinks.One<Integer> gate = Sinks.one();
    actor.trySend(new Do(gate::asMono));
    TestSubscriber<Integer> asked = TestSubscriber.create();
    actor
        .<Integer>ask(reply -> new DoFor(reply, () -> Mono.just(99)), Duration.ofSeconds(1))
        .subscribe(asked);
    time.advanceTimeBy(Duration.ofMillis(990));
    assertThat(asked.isTerminated()).isFalse();
    time.advanceTimeBy(Duration.ofMillis(20));
    assertThat(asked.expectTerminalError())
        .isInstanceOf(TimeoutException.class)
        .hasMessage("counter has not answered within PT1S");
    gate.tryEmitValue(1);
    assertThat(actor.state()).isEqualTo(1);
    assertThat(letters).isEmpty();
  }

  @Test
  void a_cancelled_ask_that_queues_is_never_executed() {
    StatefulActor<Integer, Counting> actor = builder().mailbox(1).build();
    Sinks.One<Integer> gate = Sinks.one();
    actor.trySend(new Do(gate::asMono));
    TestSubscriber<Integer> queued = TestSubscriber.create();
    TestSubscriber<Integer> waiting = TestSubscriber.create();
    actor.<Integer>ask(reply -> new DoFor(reply, () -> Mono.just(99))).subscribe(queued);
    actor.<Integer>ask(reply -> new DoFor(reply, () -> Mono.just(98))).subscribe(waiting);
    assertThat(actor.waitingSenders()).isEqualTo(1);
    queued.cancel();
    waiting.cancel();
    assertThat(actor.waitingSenders()).isZero();
    gate.tryEmitValue(1);
    assertThat(actor.state()).isEqualTo(1);
  }

  @Test
  void an_ask_whose_behaviour_fails_is_told_at_once() {
    StatefulActor<Integer, Counting> actor = builder().build();
    StepVerifier.create(
            actor.<Integer>ask(
                reply -> new DoFor(reply, () -> Mono.error(new IllegalStateException("no")))))
        .verifyErrorMessage("no");
    assertThat(actor.ask(Get::new).block(LIMIT)).isZero();
  }

  @Test
  void an_ask_fails_when_its_actor_stops_before_during_and_after_the_message() {
    StatefulActor<Integer, Counting> actor = builder().build();
    TestSubscriber<Integer> handled = TestSubscriber.create();
    TestSubscriber<Integer> running = TestSubscriber.create();
    TestSubscriber<Integer> queued = TestSubscriber.create();
    actor.<Integer>ask(reply -> new DoFor(reply, () -> Mono.just(1))).subscribe(handled);
    actor.<Integer>ask(reply -> new DoFor(reply, Mono::never)).subscribe(running);
    actor.ask(Get::new).subscribe(queued);
    actor.kill().block(LIMIT);
    for (TestSubscriber<Integer> each : List.of(handled, running, queued)) {
      assertThat(each.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
    }
    StepVerifier.create(actor.ask(Get::new)).verifyError(ActorStoppedException.class);
    StepVerifier.create(actor.send(new Increment())).verifyError(ActorStoppedException.class);
    assertThat(actor.trySend(new Increment())).isEqualTo(SendResult.CLOSED);
  }

  @Test
  void the_first_answer_counts_and_the_second_is_ignored() {
    AtomicReference<Reply<Integer>> kept = new AtomicReference<>();
    StatefulActor<Integer, Counting> actor = builder().build();
    TestSubscriber<Integer> asked = TestSubscriber.create();
    actor
        .<Integer>ask(
            reply -> {
              kept.set(reply);
              return new DoFor(reply, Mono::empty);
            })
        .subscribe(asked);
    assertThat(kept.get().isDone()).isFalse();
    assertThat(kept.get().reply(1)).isTrue();
    assertThat(kept.get().reply(2)).isFalse();
    assertThat(kept.get().fail(new IllegalStateException())).isFalse();
    assertThat(asked.getReceivedOnNext()).containsExactly(1);
  }

  @Test
  void actors_that_ask_each_other_are_told_the_circle() {
    AtomicReference<Actor<Counting>> first = new AtomicReference<>();
    StatefulActor<Integer, Counting> second = builder().name("second").build();
    first.set(builder().name("first").build());
    Mono<Integer> circle =
        first
            .get()
            .<Integer>ask(
                reply ->
                    new DoFor(
                        reply,
                        () ->
                            second
                                .<Integer>ask(
                                    inner ->
                                        new DoFor(inner, () -> first.get().ask(Get::new).hide()))
                                .hide()));
    StepVerifier.create(circle)
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        AskDeadlockException.class,
                        it -> assertThat(it.path()).containsExactly("first", "second", "first")));
  }

  @Test
  void stop_finishes_what_was_accepted() {
    Sinks.One<Integer> gate = Sinks.one();
    StatefulActor<Integer, Counting> actor = builder().mailbox(1).build();
    actor.trySend(new Do(gate::asMono));
    actor.trySend(new Increment());
    TestSubscriber<Void> waiting = TestSubscriber.create();
    actor.send(new Increment()).subscribe(waiting);
    Mono<Termination> stop = actor.stop();
    assertThat(actor.isDisposed()).isFalse();
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    stop.subscribe(stopped);
    assertThat(actor.isDisposed()).isTrue();
    assertThat(waiting.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
    assertThat(stopped.isTerminated()).isFalse();
    gate.tryEmitValue(5);
    assertThat(stopped.getReceivedOnNext())
        .containsExactly(new Termination("counter", Reason.STOPPED, null));
    assertThat(actor.state()).isEqualTo(6);
    assertThat(letters).isEmpty();
  }

  @Test
  void stopNow_discards_each_message_once() {
    Sinks.One<Integer> gate = Sinks.one();
    StatefulActor<Integer, Counting> actor = builder().build();
    List<Object> discarded = new ArrayList<>();
    actor.trySend(new Do(gate::asMono));
    actor.trySend(new Increment());
    actor.send(new Decrement()).doOnDiscard(Object.class, discarded::add).block(LIMIT);
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    actor.stopNow().subscribe(stopped);
    assertThat(stopped.isTerminated()).isFalse();
    gate.tryEmitValue(5);
    assertThat(stopped.isTerminatedComplete()).isTrue();
    assertThat(actor.state()).isEqualTo(5);
    assertThat(letters).containsExactly(new Increment(), new Decrement());
    assertThat(discarded).containsExactly(new Decrement());
  }

  @Test
  void kill_cancels_the_behaviour() {
    Sinks.One<Integer> gate = Sinks.one();
    StatefulActor<Integer, Counting> actor = builder().build();
    Do work = new Do(gate::asMono);
    actor.trySend(work);
    assertThat(gate.currentSubscriberCount()).isEqualTo(1);
    assertThat(actor.kill().block(LIMIT).reason()).isEqualTo(Reason.KILLED);
    assertThat(gate.currentSubscriberCount()).isZero();
    assertThat(letters).containsExactly(work);
  }

  @Test
  void a_grace_that_is_over_ends_a_stop() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    StatefulActor<Integer, Counting> actor = builder().timer(time).build();
    Sinks.One<Integer> gate = Sinks.one();
    actor.trySend(new Do(gate::asMono));
    actor.trySend(new Increment());
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    actor.stop(Duration.ofSeconds(1)).subscribe(stopped);
    time.advanceTimeBy(Duration.ofSeconds(2));
    gate.tryEmitValue(1);
    assertThat(stopped.isTerminatedComplete()).isTrue();
    assertThat(actor.state()).isEqualTo(1);
    assertThat(letters).hasSize(1);
  }

  @Test
  void an_actor_is_stopped_from_inside_its_behaviour() {
    AtomicReference<Actor<Counting>> self = new AtomicReference<>();
    StatefulActor<Integer, Counting> actor = builder().build();
    self.set(actor);
    actor.trySend(
        new Do(
            () -> {
              self.get().dispose();
              return Mono.just(3);
            }));
    assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.STOPPED);
    assertThat(actor.state()).isEqualTo(3);
  }

  @Test
  void states_are_the_current_one_and_each_change_and_the_latest_for_the_slow() {
    StatefulActor<Integer, Counting> actor = builder().build();
    actor.trySend(new Increment());
    TestSubscriber<Integer> fast = TestSubscriber.create();
    TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(1).build();
    actor.states().subscribe(fast);
    actor.states().subscribe(slow);
    actor.trySend(new Increment());
    actor.trySend(new Do(Mono::empty));
    actor.trySend(new Increment());
    slow.request(1);
    actor.trySend(new Increment());
    actor.stop().block(LIMIT);
    assertThat(fast.getReceivedOnNext()).containsExactly(1, 2, 3, 4);
    assertThat(fast.isTerminatedComplete()).isTrue();
    assertThat(slow.getReceivedOnNext()).containsExactly(1, 3);
    assertThat(slow.isTerminated()).isFalse();
    slow.request(1);
    assertThat(slow.getReceivedOnNext()).containsExactly(1, 3, 4);
    assertThat(slow.isTerminatedComplete()).isTrue();
    StepVerifier.create(actor.states()).expectNext(4).verifyComplete();
  }

  @Test
  void the_senders_context_reaches_the_behaviour() {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StatefulActor<Integer, Counting> actor = builder().build();
    Mono<Integer> look =
        Mono.deferContextual(
            context -> {
              seen.add(context.getOrDefault("who", "nobody"));
              return Mono.just(0);
            });
    actor.send(new Do(() -> look)).contextWrite(it -> it.put("who", "me")).block(LIMIT);
    actor
        .<Integer>ask(reply -> new DoFor(reply, () -> look.doOnNext(reply::reply)))
        .contextWrite(it -> it.put("who", "you"))
        .block(LIMIT);
    actor.trySend(new Do(() -> look));
    assertThat(seen).containsExactly("me", "you", "nobody");
  }

  @Test
  void many_answers_come_as_they_are_asked_for() {
    StatefulActor<Integer, ReplyStream<Integer>> actor =
        Actor.of(
            0,
            (Integer state, ReplyStream<Integer> stream) ->
                Flux.range(1, 100)
                    .concatMap(stream::next)
                    .then(Mono.fromRunnable(stream::complete))
                    .thenReturn(state));
    StepVerifier.create(actor.<Integer>askMany(stream -> stream), 10)
        .expectNextCount(10)
        .thenRequest(90)
        .expectNextCount(90)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void a_stream_of_answers_ends_with_its_actor() {
    StatefulActor<Integer, ReplyStream<Integer>> actor =
        Actor.builder(0, (Integer state, ReplyStream<Integer> stream) -> Mono.just(state))
            .scheduler(Schedulers.immediate())
            .build();
    TestSubscriber<Integer> answers = TestSubscriber.create();
    actor.<Integer>askMany(stream -> stream).subscribe(answers);
    actor.kill().block(LIMIT);
    assertThat(answers.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
  }

  @Test
  void a_subscriber_asks_for_one_after_the_other() {
    StatefulActor<Integer, Integer> sum = Actor.of(0, Behavior.sync(Integer::sum));
    Flux.range(1, 100).subscribe(sum.asSubscriber());
    sum.states().filter(state -> state == 5050).blockFirst(LIMIT);
    Actor<String> texts = sum.contramap(Integer::parseInt);
    texts.send("50").block(LIMIT);
    assertThat(sum.states().filter(state -> state == 5100).blockFirst(LIMIT)).isEqualTo(5100);
  }

  @Test
  void a_million_messages_run_in_constant_stack_without_a_scheduler() {
    StatefulActor<Integer, Counting> actor = builder().unboundedMailbox().build();
    Sinks.One<Integer> gate = Sinks.one();
    actor.trySend(new Do(gate::asMono));
    for (int i = 0; i < 1_000_000; i++) {
      actor.trySend(new Increment());
    }
    gate.tryEmitValue(0);
    assertThat(actor.state()).isEqualTo(1_000_000);
  }

  @Test
  void an_actor_of_the_immediate_scheduler_can_be_told_from_inside() {
    AtomicReference<Actor<Integer>> self = new AtomicReference<>();
    StatefulActor<Integer, Integer> actor =
        Actor.builder(
                0,
                Behavior.sync(
                    (Integer state, Integer n) -> {
                      if (n > 0) {
                        self.get().trySend(n - 1);
                      }
                      return state + 1;
                    }))
            .scheduler(Schedulers.immediate())
            .build();
    self.set(actor);
    actor.trySend(1000);
    assertThat(actor.state()).isEqualTo(1001);
  }

  @Test
  void an_unusable_combination_is_refused() {
    assertThatThrownBy(
            () ->
                Actor.builder(0, Behavior.sync(Integer::sum))
                    .priority(Integer::compare)
                    .mailbox(1, Overflow.DROP_OLDEST)
                    .build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("DROP_OLDEST");
  }
}
