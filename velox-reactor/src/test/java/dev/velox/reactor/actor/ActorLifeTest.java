package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

/** The life of actors: supervision, the steps of their lives, children, timers, systems. */
class ActorLifeTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final List<String> log = new ArrayList<>();
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  /** What an actor of this test does with a text. */
  private interface Words {
    Mono<Integer> receive(ActorContext<Integer, String> context, int state, String message);
  }

  /** Logs each step of its life; fails at "fail", and else does as it is told. */
  private final class Logging implements ContextBehavior<Integer, String> {
    private final String name;
    private final Words words;

    Logging(String name, Words words) {
      this.name = name;
      this.words = words;
    }

    @Override
    public Mono<Integer> receive(
        ActorContext<Integer, String> context, Integer state, String message) {
      if (message.equals("fail")) {
        return Mono.error(new IllegalStateException("no"));
      }
      if (message.equals("fail otherwise")) {
        return Mono.error(new IllegalArgumentException("no"));
      }
      log.add(name + " " + message + " at " + state);
      return words.receive(context, state, message);
    }

    @Override
    public Mono<Integer> onStart(ActorContext<Integer, String> context, Integer initial) {
      log.add(name + " onStart");
      return Mono.empty();
    }

    @Override
    public Mono<Void> preRestart(
        ActorContext<Integer, String> context, Integer state, Throwable cause) {
      log.add(name + " preRestart " + cause.getMessage());
      return Mono.empty();
    }

    @Override
    public Mono<Void> postStop(ActorContext<Integer, String> context, Integer state) {
      log.add(name + " postStop at " + state);
      return Mono.empty();
    }
  }

  private ActorBuilder<Integer, String> builder(String name, Words words) {
    return Actor.builder(0, new Logging(name, words))
        .name(name)
        .scheduler(Schedulers.immediate())
        .timer(time)
        .onDeadLetter(letter -> log.add(name + " dead letter " + letter.message()));
  }

  private ActorBuilder<Integer, String> counting(String name) {
    return builder(name, (context, state, message) -> Mono.just(state + 1));
  }

  @Test
  void resume_keeps_the_state_and_calls_nothing() {
    StatefulActor<Integer, String> actor = counting("a").build();
    actor.trySend("x");
    actor.trySend("fail");
    actor.trySend("y");
    actor.stop().block(LIMIT);
    assertThat(log).containsExactly("a onStart", "a x at 0", "a y at 1", "a postStop at 2");
  }

  @Test
  void restart_begins_again_with_the_initial_state() {
    StatefulActor<Integer, String> actor = counting("a").supervision(Supervision.restart()).build();
    actor.trySend("x");
    actor.trySend("fail");
    actor.trySend("y");
    assertThat(log)
        .containsExactly("a onStart", "a x at 0", "a preRestart no", "a onStart", "a y at 0");
    assertThat(actor.state()).isEqualTo(1);
  }

  @Test
  void stop_ends_it_and_what_waits_is_dead_letters() {
    Sinks.One<Integer> gate = Sinks.one();
    StatefulActor<Integer, String> actor =
        builder("a", (context, state, message) -> gate.asMono())
            .supervision(Supervision.stop())
            .build();
    for (String each : List.of("x", "fail", "y", "z")) {
      actor.trySend(each);
    }
    gate.tryEmitValue(7);
    Termination end = actor.terminated().block(LIMIT);
    assertThat(end.reason()).isEqualTo(Reason.FAILED);
    assertThat(end.cause()).hasMessage("no");
    assertThat(log)
        .containsExactly(
            "a onStart", "a x at 0", "a postStop at 7", "a dead letter y", "a dead letter z");
  }

  @Test
  void supervision_decides_by_class() {
    StatefulActor<Integer, String> actor =
        counting("a")
            .supervision(
                Supervision.stop().on(IllegalArgumentException.class, Supervision.resume()))
            .build();
    actor.trySend("fail otherwise");
    assertThat(actor.isDisposed()).isFalse();
    actor.trySend("fail");
    assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.FAILED);
  }

  @Test
  void restarts_wait_longer_and_longer_and_then_stop() {
    StatefulActor<Integer, String> actor =
        counting("a")
            .supervision(Supervision.restart(Backoff.exponential(Duration.ofSeconds(1)).times(2)))
            .build();
    for (String each : List.of("fail", "fail", "fail", "left", "over")) {
      actor.trySend(each);
    }
    assertThat(log).containsExactly("a onStart", "a preRestart no");
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(log).hasSize(2);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(log).hasSize(4);
    time.advanceTimeBy(Duration.ofMillis(1999));
    assertThat(log).hasSize(4);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(log.subList(4, log.size()))
        .containsExactly(
            "a onStart", "a postStop at 0", "a dead letter left", "a dead letter over");
    assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.FAILED);
  }

  @Test
  void restarts_are_counted_within_a_window() {
    StatefulActor<Integer, String> actor =
        counting("a")
            .supervision(
                Supervision.restart(
                    Backoff.fixed(Duration.ofSeconds(1)).times(1), Duration.ofMinutes(1)))
            .build();
    actor.trySend("fail");
    time.advanceTimeBy(Duration.ofMinutes(2));
    actor.trySend("fail");
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(actor.isDisposed()).as("the first failure is too long ago to count").isFalse();
    actor.trySend("fail");
    assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.FAILED);
  }

  @Test
  void a_stop_does_not_wait_for_the_delay_of_a_restart() {
    StatefulActor<Integer, String> actor =
        counting("a").supervision(Supervision.restart(Backoff.fixed(Duration.ofHours(1)))).build();
    actor.trySend("fail");
    actor.trySend("x");
    actor.stop().block(LIMIT);
    assertThat(log)
        .containsExactly(
            "a onStart", "a preRestart no", "a onStart", "a x at 0", "a postStop at 1");
  }

  @Test
  void mail_waits_until_the_start_has_completed() {
    Sinks.One<Integer> ready = Sinks.one();
    StatefulActor<Integer, String> actor =
        Actor.builder(
                0,
                new ContextBehavior<Integer, String>() {
                  @Override
                  public Mono<Integer> receive(
                      ActorContext<Integer, String> context, Integer state, String message) {
                    return Mono.just(state + 1);
                  }

                  @Override
                  public Mono<Integer> onStart(
                      ActorContext<Integer, String> context, Integer initial) {
                    return ready.asMono();
                  }
                })
            .scheduler(Schedulers.immediate())
            .build();
    actor.trySend("x");
    assertThat(actor.state()).isZero();
    ready.tryEmitValue(10);
    assertThat(actor.state()).isEqualTo(11);
  }

  @Test
  void children_stop_before_their_parent_and_a_failure_escalates_to_it() {
    StatefulActor<Integer, String> parent =
        builder(
                "parent",
                (context, state, message) -> {
                  Actor<String> child =
                      context.spawn(counting("child").supervision(Supervision.escalate()));
                  if (message.equals("spoil")) {
                    child.trySend("fail");
                  }
                  return Mono.empty();
                })
            .supervision(Supervision.stop())
            .build();
    parent.trySend("spawn");
    parent.stop().block(LIMIT);
    assertThat(log)
        .containsExactly(
            "parent onStart",
            "parent spawn at 0",
            "child onStart",
            "child postStop at 0",
            "parent postStop at 0");

    StatefulActor<Integer, String> other =
        builder(
                "parent",
                (context, state, message) -> {
                  context
                      .spawn(counting("child").supervision(Supervision.escalate()))
                      .trySend("fail");
                  return Mono.empty();
                })
            .supervision(Supervision.stop())
            .build();
    other.trySend("spawn");
    Termination end = other.terminated().block(LIMIT);
    assertThat(end.reason()).isEqualTo(Reason.FAILED);
    assertThat(end.cause()).hasMessage("no");
  }

  @Test
  void all_for_one_restarts_the_other_children_too() {
    List<Actor<String>> children = new ArrayList<>();
    StatefulActor<Integer, String> parent =
        builder(
                "parent",
                (context, state, message) -> {
                  for (String name : List.of("one", "two")) {
                    children.add(
                        context.spawn(
                            counting(name).supervision(Supervision.restart().allForOne())));
                  }
                  return Mono.empty();
                })
            .build();
    parent.trySend("spawn");
    log.clear();
    children.get(0).trySend("fail");
    assertThat(log)
        .containsExactlyInAnyOrder(
            "one preRestart no", "one onStart", "two preRestart no", "two onStart");
  }

  @Test
  void children_of_the_short_form_are_restarted_with_the_others_and_escalate_too() {
    List<StatefulActor<Integer, String>> children = new ArrayList<>();
    Behavior<Integer, String> plain =
        (state, message) ->
            message.equals("fail")
                ? Mono.error(new IllegalStateException("no"))
                : Mono.just(state + 1);
    StatefulActor<Integer, String> parent =
        builder(
                "parent",
                (context, state, message) -> {
                  for (Supervision each :
                      List.of(
                          Supervision.restart().allForOne(),
                          Supervision.resume(),
                          Supervision.escalate())) {
                    children.add(
                        context.spawn(
                            Actor.builder(0, plain)
                                .scheduler(Schedulers.immediate())
                                .supervision(each)));
                  }
                  return Mono.just(9);
                })
            .supervision(Supervision.restart())
            .build();
    parent.trySend("spawn");
    children.forEach(each -> each.trySend("x"));
    children.get(0).trySend("fail");
    assertThat(children).extracting(StatefulActor::state).containsExactly(0, 0, 0);

    children.get(2).trySend("fail");
    assertThat(log).endsWith("parent preRestart no", "parent onStart");
    assertThat(parent.state()).isZero();
    assertThat(children).allMatch(Actor::isDisposed);
  }

  /** Its end is as it is told. */
  private ActorBuilder<Integer, String> ending(Mono<Void> end) {
    return Actor.builder(
            0,
            new ContextBehavior<Integer, String>() {
              @Override
              public Mono<Integer> receive(
                  ActorContext<Integer, String> context, Integer state, String message) {
                return Mono.never();
              }

              @Override
              public Mono<Void> postStop(ActorContext<Integer, String> context, Integer state) {
                return end;
              }
            })
        .scheduler(Schedulers.immediate());
  }

  @Test
  void a_kill_calls_off_an_end_that_never_comes() {
    StatefulActor<Integer, String> stopping = ending(Mono.never()).build();
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    stopping.stopNow().subscribe(stopped);
    assertThat(stopped.isTerminated()).isFalse();
    assertThat(stopping.kill().block(LIMIT).reason()).isEqualTo(Reason.KILLED);
    assertThat(stopped.isTerminatedComplete()).isTrue();

    StatefulActor<Integer, String> killed = ending(Mono.never()).build();
    killed.trySend("x");
    assertThat(killed.kill().block(LIMIT).reason()).isEqualTo(Reason.KILLED);
  }

  @Test
  void a_kill_still_lets_an_end_happen_that_takes_no_time() {
    StatefulActor<Integer, String> killed =
        ending(Mono.fromRunnable(() -> log.add("cleaned up"))).build();
    killed.trySend("x");
    killed.kill().block(LIMIT);
    assertThat(log).containsExactly("cleaned up");
  }

  @Test
  void a_kill_and_the_end_of_a_grace_reach_the_children_that_are_stopping() {
    Sinks.One<Integer> gate = Sinks.one();
    List<StatefulActor<Integer, String>> children = new ArrayList<>();
    Words spawn =
        (context, state, message) -> {
          children.add(context.spawn(builder("child", (same, current, word) -> gate.asMono())));
          return Mono.empty();
        };
    StatefulActor<Integer, String> parent = builder("parent", spawn).build();
    parent.trySend("spawn");
    children.get(0).trySend("x");
    children.get(0).trySend("y");
    TestSubscriber<Termination> stopped = TestSubscriber.create();
    parent.stop(Duration.ofSeconds(1)).subscribe(stopped);
    time.advanceTimeBy(Duration.ofSeconds(1));
    gate.tryEmitValue(1);
    assertThat(stopped.isTerminatedComplete()).isTrue();
    assertThat(log).contains("child x at 0", "child dead letter y").doesNotContain("child y at 1");

    TestSubscriber<Termination> waiting = TestSubscriber.create();
    Sinks.One<Integer> never = Sinks.one();
    StatefulActor<Integer, String> other =
        builder(
                "parent",
                (context, state, message) -> {
                  children.add(
                      context.spawn(builder("child", (same, current, word) -> never.asMono())));
                  return Mono.empty();
                })
            .build();
    other.trySend("spawn");
    children.get(1).trySend("x");
    other.stop().subscribe(waiting);
    assertThat(waiting.isTerminated()).isFalse();
    other.kill().block(LIMIT);
    assertThat(waiting.isTerminatedComplete()).isTrue();
    assertThat(children.get(1).terminated().block(LIMIT).reason()).isEqualTo(Reason.KILLED);
  }

  @Test
  void a_start_that_would_wait_for_its_own_mailbox_gets_an_error() {
    StatefulActor<Integer, String> actor =
        Actor.builder(
                0,
                new ContextBehavior<Integer, String>() {
                  @Override
                  public Mono<Integer> receive(
                      ActorContext<Integer, String> context, Integer state, String message) {
                    return Mono.just(state + 1);
                  }

                  @Override
                  public Mono<Integer> onStart(
                      ActorContext<Integer, String> context, Integer initial) {
                    Mono<Void> send = context.self().send("x");
                    return send.then(send).thenReturn(5);
                  }
                })
            .mailbox(1)
            .scheduler(Schedulers.immediate())
            .build();
    Termination end = actor.terminated().block(LIMIT);
    assertThat(end.cause()).isInstanceOf(MailboxFullException.class);
  }

  @Test
  void an_actor_of_the_short_form_tells_its_life_too() {
    List<ActorEvent.Type> seen = new ArrayList<>();
    StatefulActor<Integer, Integer> actor =
        Actor.builder(1, Behavior.sync((Integer state, Integer by) -> by / state - 1))
            .scheduler(Schedulers.immediate())
            .supervision(Supervision.restart())
            .onEvent(event -> seen.add(event.type()))
            .build();
    actor.trySend(1);
    actor.trySend(1);
    actor.stop().block(LIMIT);
    assertThat(seen)
        .containsExactly(
            ActorEvent.Type.STARTED,
            ActorEvent.Type.FAILED,
            ActorEvent.Type.RESTARTED,
            ActorEvent.Type.TERMINATED);
  }

  @Test
  void who_watches_an_actor_that_has_stopped_is_told_still() {
    StatefulActor<Integer, String> other = counting("other").build();
    other.stop().block(LIMIT);
    StatefulActor<Integer, String> actor =
        builder(
                "a",
                (context, state, message) -> {
                  if (message.equals("watch")) {
                    context.watch(other, end -> "gone " + end.actor());
                  }
                  return Mono.empty();
                })
            .build();
    actor.trySend("watch");
    assertThat(log).endsWith("a watch at 0", "a gone other at 0");
  }

  @Test
  void become_and_stash() {
    StatefulActor<Integer, String> actor =
        builder(
                "a",
                (context, state, message) -> {
                  if (message.equals("open")) {
                    context.unstashAll();
                    context.become(
                        (same, current, word) -> {
                          log.add("open " + word);
                          return Mono.empty();
                        });
                  } else {
                    context.stash();
                  }
                  return Mono.empty();
                })
            .build();
    for (String each : List.of("x", "y", "open", "z")) {
      actor.trySend(each);
    }
    assertThat(log)
        .containsExactly(
            "a onStart", "a x at 0", "a y at 0", "a open at 0", "open x", "open y", "open z");
  }

  @Test
  void what_is_piped_and_timed_comes_as_messages() {
    Sinks.One<String> piped = Sinks.one();
    StatefulActor<Integer, String> actor =
        builder(
                "a",
                (context, state, message) -> {
                  switch (message) {
                    case "pipe" ->
                        context.pipeToSelf(
                            piped.asMono(), (value, error) -> error == null ? value : "failed");
                    case "once" -> context.startTimer("k", "tick", Duration.ofSeconds(1));
                    case "rate" ->
                        context.startTimerAtFixedRate("k", "tick", Duration.ofSeconds(1));
                    case "delay" ->
                        context.startTimerWithFixedDelay("k", "tick", Duration.ofSeconds(1));
                    case "idle" -> context.startIdleTimer("idle now", Duration.ofSeconds(1));
                    case "off" -> context.stopTimer("k");
                    default -> {}
                  }
                  return Mono.empty();
                })
            .supervision(Supervision.restart())
            .build();
    actor.trySend("pipe");
    piped.tryEmitValue("water");
    assertThat(log).endsWith("a water at 0");

    actor.trySend("once");
    assertThat(ticksIn(3)).isEqualTo(1);
    actor.trySend("rate");
    assertThat(ticksIn(3)).isEqualTo(3);
    actor.trySend("delay");
    assertThat(ticksIn(3)).isEqualTo(3);
    actor.trySend("off");
    assertThat(ticksIn(3)).isZero();
    actor.trySend("rate");
    actor.trySend("fail");
    assertThat(ticksIn(3)).as("stopped by a restart").isZero();
    actor.trySend("idle");
    time.advanceTimeBy(Duration.ofMillis(900));
    actor.trySend("x");
    time.advanceTimeBy(Duration.ofMillis(900));
    assertThat(log).endsWith("a x at 0");
    time.advanceTimeBy(Duration.ofMillis(200));
    assertThat(log).endsWith("a idle now at 0");
    actor.trySend("rate");
    actor.stop().block(LIMIT);
    assertThat(ticksIn(3)).as("stopped at the end").isZero();
  }

  private long ticksIn(int seconds) {
    log.clear();
    time.advanceTimeBy(Duration.ofSeconds(seconds));
    return log.stream().filter(line -> line.contains("tick")).count();
  }

  @Test
  void an_actor_stops_itself() {
    StatefulActor<Integer, String> actor =
        builder(
                "a",
                (context, state, message) -> {
                  context.stop();
                  return Mono.just(5);
                })
            .build();
    actor.trySend("x");
    assertThat(actor.terminated().block(LIMIT).reason()).isEqualTo(Reason.STOPPED);
    assertThat(log).containsExactly("a onStart", "a x at 0", "a postStop at 5");
  }

  @Test
  void a_system_knows_its_actors_and_tells_their_events_and_dead_letters() {
    ActorSystem system = ActorSystem.create("s");
    TestSubscriber<ActorEvent> events = TestSubscriber.create();
    TestSubscriber<DeadLetter> letters = TestSubscriber.create();
    system.events().subscribe(events);
    system.deadLetters().subscribe(letters);
    StatefulActor<Integer, String> actor =
        system.spawn(builder("a", (context, state, message) -> Mono.never()));
    assertThat(system.find("a")).containsSame(actor);
    assertThatThrownBy(() -> system.spawn(counting("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name a is taken in the system s");
    actor.trySend("x");
    actor.trySend("y");
    actor.kill().block(LIMIT);
    assertThat(system.size()).isZero();
    system.shutdown().block(LIMIT);
    assertThat(letters.getReceivedOnNext())
        .containsExactly(new DeadLetter("a", "x"), new DeadLetter("a", "y"));
    assertThat(letters.isTerminatedComplete()).isTrue();
    assertThat(events.getReceivedOnNext())
        .extracting(ActorEvent::type)
        .containsExactly(ActorEvent.Type.STARTED, ActorEvent.Type.TERMINATED);
    assertThat(system.spawn(counting("late")).isDisposed()).isTrue();
  }

  @Test
  void a_system_with_many_actors_shuts_down() {
    ActorSystem system = ActorSystem.create("s");
    ActorBuilder<Integer, Integer> options = Actor.builder(0, Behavior.sync(Integer::sum));
    List<StatefulActor<Integer, Integer>> actors = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      StatefulActor<Integer, Integer> actor = system.spawn(options);
      actor.trySend(1);
      actors.add(actor);
    }
    system.shutdown().block(LIMIT);
    assertThat(system.size()).isZero();
    assertThat(actors).allMatch(actor -> actor.state() == 1);
  }
}
