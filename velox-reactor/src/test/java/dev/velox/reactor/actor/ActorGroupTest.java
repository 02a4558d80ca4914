package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

/** Actors by key: made on demand, gone when idle, and succeeded. */
class ActorGroupTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final List<String> log = new ArrayList<>();
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private Sinks.One<Integer> gate = Sinks.one();
  private Mono<Void> end = Mono.empty();

  /** Logs the steps of its life; its state counts what was told. */
  private final class Logging implements ContextBehavior<Integer, Object> {
    private final String key;

    Logging(String key) {
      this.key = key;
    }

    @Override
    public Mono<Integer> onStart(ActorContext<Integer, Object> context, Integer initial) {
      log.add(key + " starts");
      return Mono.empty();
    }

    @Override
    @SuppressWarnings("unchecked")
    public Mono<Integer> receive(
        ActorContext<Integer, Object> context, Integer state, Object message) {
      log.add(key + " " + (message instanceof Reply ? "asked" : message) + " at " + state);
      if (message instanceof Reply<?> reply) {
        ((Reply<Integer>) reply).reply(state);
      }
      if (message.equals("fail")) {
        return Mono.error(new IllegalStateException("no"));
      }
      if (message.equals("timer")) {
        context.startTimerWithFixedDelay("t", "tick", IDLE.dividedBy(2));
      }
      if (message.equals("pipe")) {
        context.pipeToSelf(gate.asMono(), (value, error) -> "piped");
      }
      return message.equals("wait") ? gate.asMono() : Mono.just(state + 1);
    }

    @Override
    public Mono<Void> postStop(ActorContext<Integer, Object> context, Integer state) {
      log.add(key + " ends at " + state);
      return end;
    }
  }

  private ActorBuilder<Integer, Object> actor(String key) {
    return Actor.builder(0, new Logging(key))
        .scheduler(Schedulers.immediate())
        .timer(time)
        .onDeadLetter(letter -> log.add(letter.actor() + " dead letter " + letter.message()));
  }

  private ActorGroupBuilder<String, Object> builder() {
    return ActorGroup.builder(this::actor).name("carts").idleTimeout(IDLE).timer(time);
  }

  @Test
  void a_key_has_an_actor_of_its_own_made_by_its_first_message() {
    ActorGroup<String, Object> group = builder().build();
    Actor<Object> ada = group.actor("ada");
    assertThat(group.size()).isZero();
    assertThat(ada.name()).isEqualTo("carts/ada");

    ada.send("x").block(LIMIT);
    group.actor("bob").send("y").block(LIMIT);
    group.actor("ada").trySend("z");

    assertThat(log)
        .containsExactly("ada starts", "ada x at 0", "bob starts", "bob y at 0", "ada z at 1");
    assertThat(group.keys()).containsExactlyInAnyOrder("ada", "bob");
    assertThat(group.size()).isEqualTo(2);
    assertThat(ada.<Integer>ask(reply -> reply).block(LIMIT)).isEqualTo(2);
  }

  @Test
  void an_actor_ends_when_it_was_idle_for_the_time_and_a_message_makes_another() {
    ActorGroup<String, Object> group = builder().build();
    Actor<Object> ada = group.actor("ada");
    ada.trySend("x");
    time.advanceTimeBy(IDLE.minusMillis(1));
    ada.trySend("y");
    time.advanceTimeBy(IDLE.minusMillis(1));
    assertThat(group.size()).isEqualTo(1);
    time.advanceTimeBy(Duration.ofMillis(11));
    assertThat(group.size()).isZero();
    assertThat(group.keys()).isEmpty();
    ada.trySend("z");
    assertThat(log)
        .containsExactly(
            "ada starts", "ada x at 0", "ada y at 1", "ada ends at 2", "ada starts", "ada z at 0");
  }

  @Test
  void time_passes_for_the_idle_under_virtual_time_as_for_everything() {
    StepVerifier.withVirtualTime(
            () -> {
              ActorGroup<String, Integer> group =
                  ActorGroup.builder((String key) -> Actor.builder(0, Behavior.sync(Integer::sum)))
                      .idleTimeout(Duration.ofHours(1))
                      .build();
              return group
                  .actor("ada")
                  .send(1)
                  .then(Mono.delay(Duration.ofMinutes(59)))
                  .map(tick -> group.size())
                  .concatWith(Mono.delay(Duration.ofMinutes(2)).map(tick -> group.size()));
            })
        .thenAwait(Duration.ofHours(2))
        .expectNext(1, 0)
        .verifyComplete();
  }

  @Test
  void an_actor_that_waits_for_something_is_not_idle() {
    ActorGroup<String, Object> group = builder().build();
    group.actor("busy").trySend("wait");
    group.actor("piping").trySend("pipe");
    group.actor("ticking").trySend("timer");
    AtomicReference<Reply<Integer>> kept = new AtomicReference<>();
    ActorGroup<String, Reply<Integer>> owing =
        ActorGroup.builder(
                (String key) ->
                    Actor.builder(
                            0,
                            Behavior.sync(
                                (Integer state, Reply<Integer> reply) -> {
                                  kept.set(reply);
                                  return state;
                                }))
                        .scheduler(Schedulers.immediate()))
            .idleTimeout(IDLE)
            .timer(time)
            .build();
    TestSubscriber<Integer> asked = TestSubscriber.create();
    owing.actor("owing").<Integer>ask(reply -> reply).subscribe(asked);

    time.advanceTimeBy(IDLE.multipliedBy(5));
    assertThat(group.keys()).containsExactlyInAnyOrder("busy", "piping", "ticking");
    assertThat(owing.size()).isEqualTo(1);

    gate.tryEmitValue(5);
    kept.get().reply(7);
    assertThat(asked.expectTerminalSignal().isOnComplete()).isTrue();
    time.advanceTimeBy(IDLE.multipliedBy(2).plusMillis(20));
    assertThat(group.keys()).containsExactly("ticking");
    assertThat(owing.size()).isZero();
  }

  @Test
  void a_message_that_comes_while_the_idle_one_ends_goes_to_its_successor() {
    Sinks.Empty<Void> saved = Sinks.empty();
    end = saved.asMono();
    ActorGroup<String, Object> group = builder().build();
    Actor<Object> ada = group.actor("ada");
    ada.trySend("x");
    time.advanceTimeBy(IDLE.plusMillis(10));
    assertThat(log).endsWith("ada ends at 1");

    assertThat(ada.trySend("y")).isEqualTo(SendResult.SENT);
    StepVerifier.create(ada.send("z")).verifyComplete();
    TestSubscriber<Integer> asked = TestSubscriber.create();
    ada.<Integer>ask(reply -> reply).subscribe(asked);
    assertThat(ada.mailboxSize()).isEqualTo(3);
    assertThat(group.size()).isEqualTo(1);
    assertThat(log).endsWith("ada ends at 1");

    saved.tryEmitEmpty();
    assertThat(log)
        .endsWith("ada ends at 1", "ada starts", "ada y at 0", "ada z at 1", "ada asked at 2");
    assertThat(asked.getReceivedOnNext()).containsExactly(2);
  }

  @Test
  void who_saves_what_it_had_may_ask_nobody_for_its_own_key() {
    AtomicReference<Actor<Object>> self = new AtomicReference<>();
    TestSubscriber<Integer> asked = TestSubscriber.create();
    end =
        Mono.deferContextual(
            context -> {
              self.get().<Integer>ask(reply -> reply).contextWrite(context).subscribe(asked);
              return Mono.empty();
            });
    ActorGroup<String, Object> group = builder().build();
    self.set(group.actor("ada"));
    self.get().trySend("x");
    time.advanceTimeBy(IDLE.plusMillis(10));
    assertThat(asked.expectTerminalError()).isInstanceOf(AskDeadlockException.class);
  }

  @Test
  void one_that_failed_is_succeeded_and_what_it_had_is_dead_letters() {
    ActorGroup<String, Object> group =
        ActorGroup.builder((String key) -> actor(key).supervision(Supervision.stop()))
            .name("carts")
            .build();
    Actor<Object> ada = group.actor("ada");
    ada.trySend("wait");
    ada.trySend("fail");
    ada.trySend("left");
    gate.tryEmitValue(1);
    ada.trySend("y");
    assertThat(log)
        .containsExactly(
            "ada starts",
            "ada wait at 0",
            "ada fail at 1",
            "ada ends at 1",
            "carts/ada dead letter left",
            "ada starts",
            "ada y at 0");
  }

  @Test
  void a_reference_stops_the_one_that_lives_and_outlives_it() {
    ActorGroup<String, Object> group = builder().build();
    Actor<Object> ada = group.actor("ada");
    Termination none = new Termination("carts/ada", Reason.STOPPED, null);
    assertThat(ada.terminated().block(LIMIT)).isEqualTo(none);
    assertThat(ada.kill().block(LIMIT)).isEqualTo(none);
    assertThat(group.size()).isZero();

    ada.trySend("wait");
    ada.trySend("x");
    Mono<Termination> end = ada.terminated();
    TestSubscriber<Termination> ended = TestSubscriber.create();
    end.subscribe(ended);
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    ada.stop().subscribe(stopped);
    assertThat(ada.trySend("y")).isEqualTo(SendResult.SENT);
    assertThat(ended.isTerminated()).isFalse();
    gate.tryEmitValue(1);
    assertThat(ended.getReceivedOnNext()).containsExactly(none);
    assertThat(stopped.getReceivedOnNext()).containsExactly(none);
    assertThat(log)
        .containsExactly(
            "ada starts",
            "ada wait at 0",
            "ada x at 1",
            "ada ends at 2",
            "ada starts",
            "ada y at 0");
    assertThat(ada.isDisposed()).isFalse();
    ada.dispose();
    assertThat(group.size()).isZero();
  }

  @Test
  void who_waits_for_room_in_one_that_is_stopped_is_refused() {
    ActorGroup<String, Object> group = ActorGroup.byKey((String key) -> actor(key).mailbox(1));
    Actor<Object> ada = group.actor("ada");
    ada.trySend("wait");
    ada.trySend("x");
    TestSubscriber<Void> waiting = TestSubscriber.create();
    TestSubscriber<Integer> asking = TestSubscriber.create();
    TestSubscriber<Void> leaving = TestSubscriber.create();
    ada.send("y").subscribe(waiting);
    ada.<Integer>ask(reply -> reply).subscribe(asking);
    ada.send("z").subscribe(leaving);
    assertThat(ada.waitingSenders()).isEqualTo(3);
    leaving.cancel();
    assertThat(ada.waitingSenders()).isEqualTo(2);
    ada.dispose();
    assertThat(waiting.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
    assertThat(asking.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
  }

  @Test
  void no_more_keys_live_than_may() {
    ActorGroup<String, Object> group = builder().maxKeys(2).build();
    group.actor("ada").trySend("x");
    group.actor("bob").trySend("x");
    Actor<Object> cyd = group.actor("cyd");
    assertThat(cyd.trySend("x")).isEqualTo(SendResult.FULL);
    StepVerifier.create(cyd.send("x"))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(TooManyKeysException.class)
                    .hasMessage("As many keys as may live in carts do: 2"));
    StepVerifier.create(cyd.ask(reply -> reply)).verifyError(TooManyKeysException.class);
    StepVerifier.create(cyd.askMany(reply -> reply)).verifyError(TooManyKeysException.class);
    assertThat(group.actor("bob").trySend("y")).isEqualTo(SendResult.SENT);

    group.actor("ada").dispose();
    assertThat(cyd.trySend("x")).isEqualTo(SendResult.SENT);
    assertThat(group.keys()).containsExactlyInAnyOrder("bob", "cyd");
  }

  @Test
  void an_ask_has_the_time_that_its_actor_is_given() {
    ActorGroup<String, Object> group =
        ActorGroup.byKey((String key) -> actor(key).askTimeout(Duration.ofSeconds(1)));
    TestSubscriber<Integer> asked = TestSubscriber.create();
    group.actor("ada").<Integer>ask(reply -> "wait").subscribe(asked);
    time.advanceTimeBy(Duration.ofMillis(1010));
    assertThat(asked.expectTerminalError())
        .isInstanceOf(TimeoutException.class)
        .hasMessage("group/ada has not answered within PT1S");
  }

  @Test
  void a_maker_that_fails_fails_the_send() {
    ActorGroup<String, Object> group =
        ActorGroup.byKey(
            (String key) -> {
              throw new IllegalArgumentException("unknown " + key);
            });
    StepVerifier.create(group.actor("ada").send("x")).verifyErrorMessage("unknown ada");
    StepVerifier.create(group.actor("ada").ask(reply -> reply)).verifyErrorMessage("unknown ada");
    assertThat(group.size()).isZero();
  }

  @Test
  void a_group_stops_after_what_was_accepted() {
    ActorGroup<String, Object> group = builder().build();
    TestSubscriber<Void> over = TestSubscriber.create();
    group.terminated().subscribe(over);
    group.actor("ada").trySend("wait");
    group.actor("ada").trySend("x");
    group.actor("bob").trySend("y");
    Mono<Void> stop = group.stop();
    assertThat(group.isDisposed()).isFalse();
    TestSubscriber<Void> stopped = TestSubscriber.create();
    stop.subscribe(stopped);
    assertThat(group.isDisposed()).isTrue();
    assertThat(group.keys()).containsExactly("ada");
    assertThat(group.actor("ada").trySend("z")).isEqualTo(SendResult.CLOSED);
    assertThat(group.actor("cyd").trySend("z")).isEqualTo(SendResult.CLOSED);
    StepVerifier.create(group.actor("cyd").send("z")).verifyError(ActorStoppedException.class);
    assertThat(over.isTerminated()).isFalse();

    gate.tryEmitValue(1);
    assertThat(over.isTerminatedComplete()).isTrue();
    assertThat(stopped.isTerminatedComplete()).isTrue();
    assertThat(log).endsWith("ada x at 1", "ada ends at 2");
    StepVerifier.create(group.stopNow()).verifyComplete();
  }

  @Test
  void a_group_that_had_no_actor_ends_at_once() {
    ActorGroup<String, Object> group = builder().build();
    StepVerifier.create(group.stop()).verifyComplete();
    StepVerifier.create(group.terminated()).verifyComplete();
  }

  @Test
  void a_successor_that_has_not_begun_handles_what_it_accepted_before_the_group_ends() {
    Sinks.Empty<Void> saved = Sinks.empty();
    end = saved.asMono();
    ActorGroup<String, Object> group = builder().build();
    group.actor("ada").trySend("x");
    time.advanceTimeBy(IDLE.plusMillis(10));
    group.actor("ada").trySend("y");
    TestSubscriber<Void> stopped = TestSubscriber.create();
    group.stop().subscribe(stopped);
    assertThat(stopped.isTerminated()).isFalse();
    saved.tryEmitEmpty();
    assertThat(stopped.isTerminatedComplete()).isTrue();
    assertThat(log).endsWith("ada starts", "ada y at 0", "ada ends at 1");
  }

  @Test
  void a_grace_ends_what_takes_longer() {
    ActorGroup<String, Object> group = builder().build();
    group.actor("ada").trySend("wait");
    group.actor("ada").trySend("x");
    TestSubscriber<Void> stopped = TestSubscriber.create();
    group.stop(Duration.ofSeconds(1)).subscribe(stopped);
    stopped.cancel();
    time.advanceTimeBy(Duration.ofSeconds(1));
    gate.tryEmitValue(1);
    StepVerifier.create(group.terminated()).verifyComplete();
    assertThat(log).endsWith("ada ends at 1", "carts/ada dead letter x");
  }

  @Test
  void a_group_lives_in_a_system_and_ends_with_it() {
    ActorSystem system = ActorSystem.create("s");
    TestSubscriber<DeadLetter> letters = TestSubscriber.create();
    TestSubscriber<ActorEvent> events = TestSubscriber.create();
    system.deadLetters().subscribe(letters);
    system.events().subscribe(events);
    ActorGroup<String, Object> group = builder().system(system).build();
    group.actor("ada").trySend("wait");
    group.actor("ada").trySend("x");
    assertThat(system.actors())
        .singleElement()
        .satisfies(
            ada -> {
              assertThat(ada.name()).isEqualTo("carts/ada");
              assertThat(ada.mailboxSize()).isEqualTo(1);
            });
    TestSubscriber<Void> down = TestSubscriber.create();
    system.shutdown().subscribe(down);
    assertThat(down.isTerminated()).isFalse();
    group.dispose();
    gate.tryEmitValue(1);
    assertThat(down.isTerminatedComplete()).isTrue();
    assertThat(system.actors()).isEmpty();
    assertThat(letters.getReceivedOnNext()).containsExactly(new DeadLetter("carts/ada", "x"));
    assertThat(events.getReceivedOnNext())
        .extracting(ActorEvent::type)
        .containsExactly(ActorEvent.Type.STARTED, ActorEvent.Type.TERMINATED);
    assertThat(builder().system(system).build().isDisposed()).isTrue();
  }

  @Test
  void a_reference_is_an_actor_like_any_other() {
    ActorGroup<String, Integer> sums =
        ActorGroup.byKey((String key) -> Actor.builder(0, Behavior.sync(Integer::sum)));
    Actor<Integer> ada = sums.actor("ada");
    assertThat(ada.sendAll(Flux.range(1, 100)).block(LIMIT)).isEqualTo(100);
    ada.<String>contramap(Integer::parseInt).send("1").block(LIMIT);
    Flux.range(1, 3).subscribe(ada.asSubscriber());
    assertThat(ada.stop(LIMIT).block(LIMIT).reason()).isEqualTo(Reason.STOPPED);
    assertThat(sums.size()).isZero();
  }

  @Test
  void an_actor_whose_timer_refuses_to_watch_it_still_handles_messages() {
    Scheduler gone = Schedulers.newSingle("gone");
    gone.dispose();
    ActorGroup<String, Object> group =
        ActorGroup.builder((String key) -> Actor.builder(0, new Logging(key)))
            .idleTimeout(IDLE)
            .timer(gone)
            .build();
    for (int i = 0; i < 3; i++) {
      assertThat(group.actor("a").<Integer>ask(reply -> reply).block(LIMIT)).isEqualTo(i);
    }
    group.stop().block(LIMIT);
  }

  @Test
  void an_ask_is_told_when_its_actor_has_ended_meanwhile_and_there_is_no_place_for_another() {
    ActorGroup<String, Object> group = builder().maxKeys(1).build();
    Actor<Object> asked = group.actor("a");
    Mono<Integer> ask =
        asked.ask(
            reply -> {
              asked.stop().subscribe();
              assertThat(group.actor("b").trySend("takes the place")).isEqualTo(SendResult.SENT);
              return reply;
            });
    StepVerifier.create(ask).verifyError(TooManyKeysException.class);
  }
}
