package dev.velox.tck.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.ActorStoppedException;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.ContextBehavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.actor.Supervision;
import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.retry.Backoff;
import dev.velox.tck.actor.Effect.TimerStarted.Kind;
import dev.velox.tck.actor.Step.Outcome;
import dev.velox.tck.simulation.SimulatedSchedulers;
import dev.velox.tck.simulation.SimulatedTest;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class BehaviorTesterTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private record Get(Reply<Integer> reply) {}

  private record Add(int number) {}

  /** Adds, answers; fails at "fail", and at anything else does what the test says. */
  private static Mono<Integer> count(int state, Object message) {
    if (message instanceof Add add) {
      return Mono.just(state + add.number());
    }
    if (message instanceof Get get) {
      get.reply().reply(state);
      return Mono.empty();
    }
    return Mono.error(new IllegalStateException("can't handle " + message));
  }

  /** What a behaviour with a context does in a test. */
  @FunctionalInterface
  private interface Words extends ContextBehavior<Integer, Object> {}

  private static BehaviorTester<Integer, Object> tester(Words behavior) {
    return BehaviorTester.of(0, behavior);
  }

  // ---- one message ----------------------------------------------------------------------------

  @Test
  void a_message_shows_the_state_before_and_after() {
    BehaviorTester<Integer, Object> counter = BehaviorTester.of(5, BehaviorTesterTest::count);

    Step<Integer, Object> step = counter.run(new Add(2));

    assertThat(step).isEqualTo(new Step<>(new Add(2), 5, 7, List.of(), null, Outcome.HANDLED));
    assertThat(counter.state()).isEqualTo(7);
    assertThat(counter.last()).isSameAs(step);
    counter.expectIdle();
  }

  @Test
  void the_start_is_the_first_step() {
    BehaviorTester<Integer, Object> counter = BehaviorTester.of(5, BehaviorTesterTest::count);

    assertThat(counter.steps())
        .containsExactly(new Step<>(null, 5, 5, List.of(), null, Outcome.HANDLED));
  }

  @Test
  void a_synchronous_behaviour_is_tested_alike() {
    BehaviorTester<Integer, Integer> sum = BehaviorTester.of(0, Behavior.sync(Integer::sum));

    assertThat(sum.run(3).state()).isEqualTo(3);
    assertThat(sum.run(4).state()).isEqualTo(7);
  }

  @Test
  void what_is_sent_to_others_is_with_them() {
    ActorProbe<String> probe = ActorProbe.create();
    BehaviorTester<Integer, Integer> relay =
        BehaviorTester.of(
            0, (state, message) -> probe.ref().send("got " + message).thenReturn(message));

    Step<Integer, Integer> step = relay.run(3);

    assertThat(step.state()).isEqualTo(3);
    probe.expectMessage("got 3");
    probe.expectNoMessage(Duration.ZERO);
  }

  @Test
  void a_behaviour_that_waits_elsewhere_is_waited_for() {
    BehaviorTester<Integer, Object> slow =
        BehaviorTester.of(
            0,
            (state, message) ->
                Mono.delay(Duration.ofMillis(20))
                    .publishOn(Schedulers.boundedElastic())
                    .thenReturn(state + 1));

    assertThat(slow.run("a").state()).isEqualTo(1);
    assertThat(slow.run("b").state()).isEqualTo(2);
  }

  @Test
  @ResourceLock("reactor.core.scheduler.Schedulers")
  void in_virtual_time_waiting_costs_none() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      BehaviorTester<Integer, Object> slow =
          BehaviorTester.of(
              0, (state, message) -> Mono.delay(Duration.ofSeconds(20)).thenReturn(state + 1));

      assertThat(slow.run("a").state()).isEqualTo(1);
      assertThatThrownBy(() -> tester((context, state, message) -> Mono.never()).run("b"))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("did not end with b within PT30S");
      assertThat(time.now(java.util.concurrent.TimeUnit.SECONDS)).isEqualTo(50);
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @SimulatedTest(seeds = 10)
  void in_a_simulation_it_drives(SimulatedSchedulers simulation) {
    BehaviorTester<Integer, Object> slow =
        BehaviorTester.of(
            0,
            (state, message) ->
                Mono.delay(Duration.ofSeconds(20)).publishOn(Schedulers.single()).thenReturn(1));

    assertThat(slow.run("a").state()).isEqualTo(1);
  }

  @Test
  void a_non_blocking_thread_is_refused() {
    assertThatThrownBy(
            () ->
                Mono.fromCallable(() -> BehaviorTester.of(0, BehaviorTesterTest::count))
                    .subscribeOn(Schedulers.parallel())
                    .block())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call it on the test's own thread");
  }

  // ---- asks -----------------------------------------------------------------------------------

  @Test
  void an_ask_shows_the_reply() {
    BehaviorTester<Integer, Object> counter = BehaviorTester.of(5, BehaviorTesterTest::count);

    ReplyProbe<Integer> reply = counter.ask(Get::new);

    assertThat(reply.isDone()).isTrue();
    reply.expectReply(5);
    assertThat(counter.last().message()).isInstanceOf(Get.class);
    assertThat(counter.last().state()).isEqualTo(5);
  }

  @Test
  void an_asker_gets_what_the_behaviour_fails_with() {
    BehaviorTester<Integer, Object> failing =
        BehaviorTester.of(0, (state, message) -> Mono.error(new IllegalStateException("no")));

    ReplyProbe<Integer> reply = failing.ask(Get::new);

    assertThat(reply.expectFailure(IllegalStateException.class)).hasMessage("no");
    assertThat(failing.last().outcome()).isEqualTo(Outcome.RESUMED);
  }

  @Test
  void a_wrong_answer_a_second_one_none_and_an_error_are_caught() {
    BehaviorTester<Integer, Object> wrong =
        BehaviorTester.of(
            0,
            (state, message) -> {
              ((Get) message).reply().reply(1);
              return Mono.empty();
            });
    assertThatThrownBy(() -> wrong.ask(Get::new).expectReply(0))
        .isInstanceOf(AssertionError.class)
        .hasMessage("Get was expected to get 0, but got 1");

    BehaviorTester<Integer, Object> twice =
        BehaviorTester.of(
            0,
            (state, message) -> {
              ((Get) message).reply().reply(0);
              ((Get) message).reply().fail(new IllegalStateException("no"));
              return Mono.empty();
            });
    assertThatThrownBy(() -> twice.ask(Get::new).expectReply(0))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("Get was answered 2 times: [reply(0), fail(");

    BehaviorTester<Integer, Object> never = BehaviorTester.of(0, (state, message) -> Mono.empty());
    ReplyProbe<Integer> waiting = never.ask(Get::new);
    waiting.expectNoReply();
    assertThatThrownBy(waiting::expectReply)
        .isInstanceOf(AssertionError.class)
        .hasMessage("Get was not answered");
    assertThatThrownBy(() -> waiting.expectFailure(TimeoutException.class))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> twice.ask(Get::new).expectNoReply())
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> twice.ask(Get::new).expectEmpty()).isInstanceOf(AssertionError.class);

    BehaviorTester<Integer, Object> failing =
        BehaviorTester.of(
            0,
            (state, message) -> {
              ((Get) message).reply().fail(new IllegalStateException("no"));
              return Mono.empty();
            });
    assertThatThrownBy(() -> failing.ask(Get::new).expectReply(0))
        .isInstanceOf(AssertionError.class)
        .hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void an_empty_answer_is_one() {
    BehaviorTester<Integer, Object> empty =
        BehaviorTester.of(
            0,
            (state, message) -> {
              ((Get) message).reply().empty();
              return Mono.empty();
            });

    empty.ask(Get::new).expectEmpty();
    assertThatThrownBy(() -> empty.ask(Get::new).expectReply()).isInstanceOf(AssertionError.class);
  }

  @Test
  void a_question_may_be_answered_by_a_later_message_or_time_out() {
    List<Reply<Integer>> kept = new ArrayList<>();
    BehaviorTester<Integer, Object> lazy =
        BehaviorTester.of(
            0,
            (state, message) -> {
              if (message instanceof Get get) {
                kept.add(get.reply());
              } else {
                kept.get(0).reply(7);
              }
              return Mono.empty();
            });

    ReplyProbe<Integer> first = lazy.ask(Get::new, SECOND);
    first.expectNoReply();
    lazy.run("answer");
    first.expectReply(7);

    kept.clear();
    ReplyProbe<Integer> late = lazy.ask(Get::new, SECOND);
    lazy.advance(Duration.ofMillis(999));
    late.expectNoReply();
    lazy.advance(Duration.ofMillis(11)); // the coarse timer
    late.expectFailure(TimeoutException.class);
    lazy.run("answer");
    late.expectFailure(TimeoutException.class);
  }

  @Test
  void an_actor_that_asks_a_probe_gets_its_answer() {
    ActorProbe<Get> source = ActorProbe.<Get>create().answer(get -> get.reply().reply(42));
    BehaviorTester<Integer, Object> asking =
        BehaviorTester.of(0, (state, message) -> source.ref().ask(Get::new));

    assertThat(asking.run("ask").state()).isEqualTo(42);
    source.expectMessage(Get.class);
  }

  // ---- failures -------------------------------------------------------------------------------

  private static Step<Integer, Object> fail(Supervision supervision) {
    BehaviorTester<Integer, Object> counter =
        BehaviorTester.of(
            0, BehaviorTesterTest::count, options -> options.supervision(supervision));
    counter.run(new Add(3));
    Step<Integer, Object> step = counter.run("fail");
    assertThat(step.failure()).hasMessage("can't handle fail");
    assertThat(step.before()).isEqualTo(3);
    return step;
  }

  @Test
  void it_shows_what_supervision_does() {
    assertThat(fail(Supervision.resume()).outcome()).isEqualTo(Outcome.RESUMED);
    assertThat(fail(Supervision.resume()).state()).isEqualTo(3);
    assertThat(fail(Supervision.restart()).outcome()).isEqualTo(Outcome.RESTARTED);
    assertThat(fail(Supervision.restart()).state()).isEqualTo(0);
    assertThat(fail(Supervision.stop()).outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(fail(Supervision.escalate()).outcome()).isEqualTo(Outcome.ESCALATED);
    Supervision byClass = Supervision.stop().on(IllegalStateException.class, Supervision.resume());
    assertThat(fail(byClass).outcome()).isEqualTo(Outcome.RESUMED);
  }

  @Test
  void what_is_thrown_is_a_failure_an_assertion_of_the_test_too() {
    BehaviorTester<Integer, Object> throwing =
        BehaviorTester.of(
            0,
            (state, message) -> {
              throw new AssertionError("thrown");
            });

    assertThat(throwing.run("a").failure()).hasMessage("thrown");
    assertThat(
            BehaviorTester.of(0, (Behavior<Integer, Object>) (state, message) -> null)
                .run("a")
                .failure())
        .hasMessage("The behaviour returned null instead of a Mono");
  }

  @Test
  void a_back_off_passes_by_hand_and_then_the_actor_stops() {
    BehaviorTester<Integer, Object> counter =
        BehaviorTester.of(
            0,
            BehaviorTesterTest::count,
            options -> options.supervision(Supervision.restart(Backoff.fixed(SECOND).times(1))));
    counter.run(new Add(3));

    assertThat(counter.run("fail").outcome()).isEqualTo(Outcome.RESTARTING);
    assertThat(counter.time().untilNext()).contains(SECOND);
    assertThat(counter.advance(Duration.ofMillis(999))).isEmpty();
    assertThat(counter.advance(Duration.ofMillis(1)))
        .containsExactly(new Step<>(null, 3, 0, List.of(), null, Outcome.RESTARTED));

    assertThat(counter.run("fail").outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(counter.termination().reason()).isEqualTo(Reason.FAILED);
    assertThatThrownBy(() -> counter.run(new Add(1)))
        .isInstanceOf(AssertionError.class)
        .hasMessageEndingWith("did not handle Add[number=1]")
        .hasCauseInstanceOf(ActorStoppedException.class);
    counter.ask(Get::new).expectFailure(ActorStoppedException.class);
  }

  @Test
  void a_message_that_waits_for_a_restart_comes_after_it() {
    BehaviorTester<Integer, Object> counter =
        BehaviorTester.of(
            0,
            BehaviorTesterTest::count,
            options -> options.supervision(Supervision.restart(Backoff.fixed(SECOND))));

    counter.run("fail");
    counter.actor().trySend(new Add(1));
    counter.expectIdle();
    List<Step<Integer, Object>> steps = counter.advance(SECOND);

    assertThat(steps).extracting(Step::outcome).containsExactly(Outcome.RESTARTED, Outcome.HANDLED);
    assertThat(counter.state()).isEqualTo(1);
  }

  // ---- context --------------------------------------------------------------------------------

  @Test
  void what_an_actor_sends_itself_waits_for_the_next_step() {
    BehaviorTester<Integer, Object> chain =
        tester(
            (context, state, message) -> {
              int left = (Integer) message;
              return left == 0
                  ? Mono.just(state + 1)
                  : context.self().send(left - 1).thenReturn(state + 1);
            });

    assertThat(chain.run(2).state()).isEqualTo(1);
    assertThat(chain.runNext().message()).isEqualTo(1);
    assertThat(chain.state()).isEqualTo(2);
    assertThatThrownBy(chain::expectIdle)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("message=0");
    chain.expectIdle();

    chain.run(3);
    assertThat(chain.runAll()).extracting(Step::message).containsExactly(2, 1, 0);
  }

  @Test
  void what_waits_already_is_handled_before_a_new_message() {
    BehaviorTester<Integer, Object> counter = BehaviorTester.of(0, BehaviorTesterTest::count);
    counter.actor().trySend(new Add(1));

    Step<Integer, Object> step = counter.run(new Add(2));

    assertThat(step.before()).isEqualTo(1);
    assertThat(step.state()).isEqualTo(3);
    assertThat(counter.steps())
        .extracting(Step::message)
        .containsExactly(null, new Add(1), new Add(2));
  }

  @Test
  void timers_are_shown_and_pass_by_hand() {
    BehaviorTester<Integer, Object> timing =
        tester(
            (context, state, message) -> {
              if (message.equals("start")) {
                context.startTimer("once", "due", Duration.ofMillis(1500));
                context.startTimerAtFixedRate("rate", 1, SECOND);
                context.startTimerWithFixedDelay("delay", 2, SECOND);
                context.startIdleTimer("idle", Duration.ofMinutes(1));
              } else if (message.equals("stop")) {
                context.stopTimer("rate");
                context.stopTimer("delay");
              }
              return Mono.just(state + 1);
            });

    Step<Integer, Object> step = timing.run("start");

    assertThat(step.effects())
        .containsExactly(
            new Effect.TimerStarted(Kind.ONCE, "once", "due", Duration.ofMillis(1500)),
            new Effect.TimerStarted(Kind.FIXED_RATE, "rate", 1, SECOND),
            new Effect.TimerStarted(Kind.FIXED_DELAY, "delay", 2, SECOND),
            new Effect.TimerStarted(Kind.IDLE, null, "idle", Duration.ofMinutes(1)));
    assertThat(timing.advance(Duration.ofMillis(999))).isEmpty();
    assertThat(timing.advance(Duration.ofMillis(1001)))
        .extracting(Step::message)
        .containsExactly(1, 2, "due", 1, 2);
    assertThat(timing.run("stop").effects(Effect.TimerStopped.class))
        .containsExactly(new Effect.TimerStopped("rate"), new Effect.TimerStopped("delay"));
    assertThat(timing.advance(Duration.ofSeconds(59))).isEmpty();
    assertThat(timing.advance(SECOND)).extracting(Step::message).containsExactly("idle");
  }

  @Test
  void stash_and_become_are_shown_and_work() {
    ContextBehavior<Integer, Object> open =
        (context, state, message) -> Mono.just(state + (Integer) message);
    BehaviorTester<Integer, Object> door =
        tester(
            (context, state, message) -> {
              if (message.equals("open")) {
                context.unstashAll();
                context.become(open);
              } else {
                context.stash();
              }
              return Mono.empty();
            });

    assertThat(door.run(1).effects()).containsExactly(new Effect.Stashed());
    assertThat(door.run(2).effects()).containsExactly(new Effect.Stashed());
    assertThat(door.run("open").effects())
        .containsExactly(new Effect.Unstashed(), new Effect.Became(open));
    assertThat(door.runAll()).extracting(Step::message).containsExactly(1, 2);
    assertThat(door.state()).isEqualTo(3);
  }

  @Test
  void a_behaviour_that_was_become_is_watched_too() {
    BehaviorTester<Integer, Object> turning =
        tester(
            (context, state, message) -> {
              context.become(
                  (inner, number, next) -> {
                    inner.stopTimer("key");
                    return Mono.just(number + 10);
                  });
              return Mono.just(state + 1);
            });

    turning.run("turn");
    Step<Integer, Object> step = turning.run("next");

    assertThat(step.effects()).containsExactly(new Effect.TimerStopped("key"));
    assertThat(step.state()).isEqualTo(11);
  }

  @Test
  void children_are_shown_and_take_their_turns_between() {
    BehaviorTester<Integer, Object> family =
        tester(
            (context, state, message) -> {
              if (message.equals("spawn")) {
                StatefulActor<Integer, Object> child =
                    context.spawn(
                        Actor.<Integer, Object>builder(
                                0,
                                (inner, number, next) ->
                                    context.self().send("child got " + next).then(Mono.empty()))
                            .name("child"));
                context.watch(child, end -> "child ended");
                return child.send("hello").thenReturn(1);
              }
              return Mono.just(state + 1);
            });

    Step<Integer, Object> step = family.run("spawn");

    Actor<?> child = step.effects(Effect.Spawned.class).get(0).child();
    assertThat(child.name()).isEqualTo("child");
    assertThat(step.effects(Effect.Watched.class)).containsExactly(new Effect.Watched(child));
    assertThat(step.state()).isEqualTo(1);
    assertThat(family.runAll()).extracting(Step::message).containsExactly("child got hello");
    child.dispose();
    assertThat(family.runNext().message()).isEqualTo("child ended");
  }

  @Test
  void a_child_answers_while_its_parent_waits_for_it() {
    BehaviorTester<Integer, Object> parent =
        tester(
            (context, state, message) ->
                context
                    .spawn(Actor.builder(7, (Behavior<Integer, Object>) BehaviorTesterTest::count))
                    .ask(Get::new));

    assertThat(parent.run("ask").state()).isEqualTo(7);
  }

  @Test
  void the_timers_of_children_pass_by_hand() {
    ActorProbe<Object> probe = ActorProbe.create();
    Words child =
        (context, state, message) -> {
          if (message.equals("start")) {
            context.startTimer("key", "an hour later", Duration.ofHours(1));
            return Mono.empty();
          }
          return probe.ref().send(message).then(Mono.empty());
        };
    BehaviorTester<Integer, Object> parent =
        tester(
            (context, state, message) ->
                context.spawn(Actor.builder(0, child)).send("start").then(Mono.empty()));

    parent.run("spawn");
    parent.advance(Duration.ofMinutes(59));
    assertThat(probe.size()).isZero();
    parent.advance(Duration.ofMinutes(1));
    probe.expectMessage("an hour later");
  }

  @Test
  void a_failure_that_a_child_escalates_is_a_step_without_a_message() {
    BehaviorTester<Integer, Object> family =
        BehaviorTester.of(
            0,
            (context, state, message) -> {
              if (message instanceof Add) {
                return count(state, message);
              }
              StatefulActor<Integer, Object> child =
                  context.spawn(
                      Actor.builder(0, (Behavior<Integer, Object>) BehaviorTesterTest::count)
                          .supervision(Supervision.escalate()));
              return child.send("fail").then(Mono.empty());
            },
            options -> options.supervision(Supervision.restart()));
    family.run(new Add(3));
    family.run("spawn");

    Step<Integer, Object> step = family.runNext();

    assertThat(step.message()).isNull();
    assertThat(step.outcome()).isEqualTo(Outcome.RESTARTED);
    assertThat(step.state()).isEqualTo(0);
  }

  @Test
  void what_is_piped_is_shown_and_waited_for() {
    Mono<String> source = Mono.delay(Duration.ofMillis(20)).thenReturn("piped");
    BehaviorTester<Integer, Object> piping =
        tester(
            (context, state, message) -> {
              if (message.equals("pipe")) {
                context.pipeToSelf(source, (value, error) -> value);
              }
              return Mono.just(state + 1);
            });

    assertThat(piping.run("pipe").effects()).containsExactly(new Effect.Piped(source));
    assertThat(piping.runNext().message()).isEqualTo("piped");
    assertThat(piping.state()).isEqualTo(2);
  }

  @Test
  void the_steps_of_its_life_are_run_and_belong_to_what_led_to_them() {
    List<String> log = new ArrayList<>();
    ContextBehavior<Integer, Object> behavior =
        new ContextBehavior<>() {
          @Override
          public Mono<Integer> onStart(ActorContext<Integer, Object> context, Integer initial) {
            context.startTimer("key", "due", SECOND);
            return Mono.delay(Duration.ofMillis(1)).thenReturn(10);
          }

          @Override
          public Mono<Integer> receive(
              ActorContext<Integer, Object> context, Integer state, Object message) {
            if (message.equals("end")) {
              context.stop();
            }
            return message.equals("end") ? Mono.just(1) : count(state, message);
          }

          @Override
          public Mono<Void> preRestart(
              ActorContext<Integer, Object> context, Integer state, Throwable cause) {
            log.add("preRestart " + state);
            return Mono.empty();
          }

          @Override
          public Mono<Void> postStop(ActorContext<Integer, Object> context, Integer state) {
            log.add("postStop " + state);
            return Mono.empty();
          }
        };
    BehaviorTester<Integer, Object> living =
        BehaviorTester.of(0, behavior, options -> options.supervision(Supervision.restart()));
    Effect timer = new Effect.TimerStarted(Kind.ONCE, "key", "due", SECOND);

    assertThat(living.last())
        .isEqualTo(new Step<>(null, 0, 10, List.of(timer), null, Outcome.HANDLED));
    living.run(new Add(1));
    Step<Integer, Object> failed = living.run("fail");
    assertThat(failed.outcome()).isEqualTo(Outcome.RESTARTED);
    assertThat(failed.effects()).containsExactly(timer);
    assertThat(failed.state()).isEqualTo(10);
    assertThat(living.run("end").outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(living.last().effects()).containsExactly(new Effect.Stopped());
    assertThat(log).containsExactly("preRestart 11", "postStop 1");
    assertThat(living.termination().reason()).isEqualTo(Reason.STOPPED);
  }

  @Test
  void a_start_that_fails_is_the_first_step() {
    ContextBehavior<Integer, Object> behavior =
        new ContextBehavior<>() {
          @Override
          public Mono<Integer> onStart(ActorContext<Integer, Object> context, Integer initial) {
            return Mono.error(new IllegalStateException("no start"));
          }

          @Override
          public Mono<Integer> receive(
              ActorContext<Integer, Object> context, Integer state, Object message) {
            return Mono.empty();
          }
        };

    Step<Integer, Object> start = BehaviorTester.of(0, behavior).last();

    assertThat(start.failure()).hasMessage("no start");
    assertThat(start.outcome()).isEqualTo(Outcome.STOPPED);
  }

  @Test
  void an_actor_that_stops_finishes_what_it_has_accepted_step_by_step() {
    BehaviorTester<Integer, Object> counter = BehaviorTester.of(0, BehaviorTesterTest::count);
    counter.actor().trySend(new Add(1));
    counter.actor().trySend(new Add(2));
    counter.actor().stop().subscribe();

    assertThat(counter.runAll()).extracting(Step::state).containsExactly(1, 3);
    assertThat(counter.termination().reason()).isEqualTo(Reason.STOPPED);
  }

  // ---- what may come --------------------------------------------------------------------------

  @Test
  void every_step_of_a_behaviours_life_is_passed_on() {
    Set<String> passedOn = declared(RecordedBehavior.class);

    assertThat(passedOn)
        .as("a new method of ContextBehavior must be passed on by RecordedBehavior")
        .containsAll(declared(ContextBehavior.class));
  }

  /** A context of another version. */
  private interface Later {
    @SuppressWarnings("unused") // called by its name
    void reenter(Object what, Object how);
  }

  @Test
  void what_a_later_context_offers_is_an_effect_without_a_name_of_its_own()
      throws ReflectiveOperationException {
    Method reenter = Later.class.getDeclaredMethod("reenter", Object.class, Object.class);

    assertThat(Effects.of(reenter, new Object[] {"a", null}, null))
        .isEqualTo(new Effect.Other("reenter", Arrays.asList("a", null)));
  }

  private static Set<String> declared(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> !method.isSynthetic())
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
