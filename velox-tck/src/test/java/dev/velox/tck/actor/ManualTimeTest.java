package dev.velox.tck.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.ContextBehavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.actor.Supervision;
import dev.velox.reactor.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class ManualTimeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Scheduler scheduler = time.scheduler();
  private final List<String> log = new ArrayList<>();

  private void log(String what) {
    log.add(what + " at " + time.now().toMillis());
  }

  @Test
  void nothing_runs_before_it_is_told_to() {
    scheduler.schedule(() -> log("now"));
    scheduler.schedule(() -> log("later"), 5, TimeUnit.MILLISECONDS);

    assertThat(log).isEmpty();
    assertThat(time.run()).isTrue();
    assertThat(log).containsExactly("now at 0");
    assertThat(time.run()).isFalse();
    assertThat(time.untilNext()).contains(Duration.ofMillis(5));
  }

  @Test
  void tasks_run_in_the_order_of_time_then_of_scheduling() {
    scheduler.schedule(() -> log("c"), 2, TimeUnit.MILLISECONDS);
    scheduler.schedule(() -> log("a"), 1, TimeUnit.MILLISECONDS);
    scheduler.schedule(() -> log("b"), 1, TimeUnit.MILLISECONDS);
    scheduler.schedule(() -> log("too late"), 4, TimeUnit.MILLISECONDS);

    time.advance(Duration.ofMillis(3));

    assertThat(log).containsExactly("a at 1", "b at 1", "c at 2");
    assertThat(time.now()).isEqualTo(Duration.ofMillis(3));
  }

  @Test
  void periodic_tasks_come_at_their_rate_until_they_are_disposed() {
    Disposable task =
        scheduler.schedulePeriodically(() -> log("tick"), 1, 10, TimeUnit.MILLISECONDS);

    time.advance(Duration.ofMillis(25));
    task.dispose();
    time.advance(SECOND);

    assertThat(log).containsExactly("tick at 1", "tick at 11", "tick at 21");
    assertThat(time.untilNext()).isEmpty();
  }

  @Test
  void what_a_worker_was_given_ends_with_it() {
    Scheduler.Worker worker = scheduler.createWorker();
    worker.schedule(() -> log("a"));
    worker.schedule(() -> log("never"), 1, TimeUnit.SECONDS);
    worker.schedulePeriodically(() -> log("tick"), 400, 400, TimeUnit.MILLISECONDS);

    time.advance(Duration.ofMillis(500));
    worker.dispose();
    time.advance(SECOND);

    assertThat(log).containsExactly("a at 0", "tick at 400");
    assertThat(worker.isDisposed()).isTrue();
    assertThatThrownBy(() -> worker.schedule(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void operators_follow_it() {
    assertThat(
            time.await(Flux.interval(SECOND, scheduler).take(3).publishOn(scheduler).collectList()))
        .containsExactly(0L, 1L, 2L);
    assertThat(time.now()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void a_wait_that_nothing_can_end_is_a_failure_and_an_error_is_thrown() {
    assertThatThrownBy(() -> time.await(Mono.never()))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("Nothing is left to run at PT0S");
    assertThatThrownBy(() -> time.await(Mono.error(new IllegalArgumentException("no"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(time.<String>await(Mono.empty())).isNull();
  }

  @Test
  void a_livelock_is_a_failure() {
    Runnable again =
        new Runnable() {
          @Override
          public void run() {
            scheduler.schedule(this);
          }
        };
    again.run();

    assertThatThrownBy(time::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("Livelock");
  }

  @Test
  void its_own_tasks_and_a_second_thread_are_refused() {
    List<Throwable> refused = new ArrayList<>();
    scheduler.schedule(
        () -> {
          try {
            time.run();
          } catch (IllegalStateException own) {
            refused.add(own);
          }
          Mono.fromCallable(time::run)
              .subscribeOn(Schedulers.boundedElastic())
              .onErrorResume(
                  other -> {
                    refused.add(other);
                    return Mono.empty();
                  })
              .block();
        });

    time.run();

    assertThat(refused).hasSize(2).allMatch(IllegalStateException.class::isInstance);
    assertThat(refused.get(0)).hasMessage("A task of this time can't let it pass");
    assertThat(refused.get(1)).hasMessageEndingWith("lets this time pass already");
  }

  // ---- actors ---------------------------------------------------------------------------------

  private record Question(Reply<String> reply) {}

  @Test
  void an_ask_times_out_by_hand() {
    StatefulActor<Integer, Question> silent =
        time.drive(Actor.builder(0, Behavior.<Integer, Question>sync((state, asked) -> state)))
            .askTimeout(SECOND)
            .build();

    assertThatThrownBy(() -> time.await(silent.ask(Question::new)))
        .satisfies(
            error -> assertThat(Exceptions.unwrap(error)).isInstanceOf(TimeoutException.class));
    assertThat(time.now()).isEqualTo(SECOND);
  }

  @Test
  void an_actor_restarts_when_its_back_off_is_over() {
    ActorProbe<String> probe = time.probe();
    ContextBehavior<Integer, String> behavior =
        new ContextBehavior<>() {
          @Override
          public Mono<Integer> onStart(ActorContext<Integer, String> context, Integer initial) {
            return probe.ref().send("started").then(Mono.empty());
          }

          @Override
          public Mono<Integer> receive(
              ActorContext<Integer, String> context, Integer state, String message) {
            return Mono.error(new IllegalStateException(message));
          }
        };
    StatefulActor<Integer, String> failing =
        time.drive(Actor.builder(0, behavior))
            .supervision(Supervision.restart(Backoff.exponential(SECOND)))
            .build();
    probe.expectMessage("started");

    failing.trySend("fail");
    time.run();
    assertThat(time.untilNext()).contains(SECOND);
    probe.expectNoMessage(Duration.ofMillis(999));
    probe.expectMessage("started");
    assertThat(time.now()).isEqualTo(SECOND);

    failing.trySend("fail");
    probe.expectMessageWithin(Duration.ofSeconds(2), "started");
    assertThat(time.now()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void a_probe_has_one_limit_for_several_messages() {
    ActorProbe<Long> probe = time.probe();
    Disposable slow =
        Flux.interval(Duration.ofMillis(600), scheduler).subscribe(probe.ref()::trySend);

    assertThatThrownBy(() -> probe.receiveMessages(2, SECOND))
        .isInstanceOf(AssertionError.class)
        .hasMessageEndingWith("but received 1: [0]");
    assertThat(time.now()).isEqualTo(SECOND);
    assertThatThrownBy(() -> probe.limit(SECOND).fishFor(number -> number > 2))
        .isInstanceOf(AssertionError.class)
        .hasMessageEndingWith("but caught only [1, 2]");
    assertThat(time.now()).isEqualTo(Duration.ofSeconds(2));
    slow.dispose();
  }

  @Test
  void a_probe_sees_the_end_of_an_actor_at_the_very_limit() {
    StatefulActor<Integer, String> actor =
        time.drive(Actor.builder(0, Behavior.<Integer, String>sync((state, text) -> state)))
            .build();
    scheduler.schedule(actor::dispose, 1, TimeUnit.SECONDS);
    ActorProbe<String> probe = time.probe();

    assertThatThrownBy(() -> probe.expectTerminated(actor, Duration.ofMillis(999)))
        .isInstanceOf(AssertionError.class);
    probe.expectTerminated(actor, Duration.ofMillis(1));
  }

  // ---- actors that answer wrongly -------------------------------------------------------------

  private record Order(String thing, Actor<? super String> customer) {}

  /** Sends what was ordered after a second. */
  private static class Warehouse implements ContextBehavior<Integer, Object> {
    @Override
    public Mono<Integer> receive(
        ActorContext<Integer, Object> context, Integer state, Object message) {
      if (message instanceof Order order) {
        context.startTimer(order, new Due(order), delay());
      } else if (message instanceof Due due) {
        deliver(due.order());
      }
      return Mono.just(state + 1);
    }

    private record Due(Order order) {}

    Duration delay() {
      return SECOND;
    }

    void deliver(Order order) {
      Object ignored = order.customer().trySend(order.thing());
    }
  }

  private void expectDelivery(Warehouse behavior) {
    ActorProbe<String> customer = time.probe();
    StatefulActor<Integer, Object> warehouse = time.drive(Actor.builder(0, behavior)).build();
    warehouse.trySend(new Order("book", customer.ref()));
    customer.expectNoMessage(Duration.ofMillis(999));
    customer.expectMessageWithin(Duration.ofMillis(1), "book");
    customer.expectNoMessage(Duration.ofDays(1));
  }

  @Test
  void an_actor_that_does_it_right_passes() {
    expectDelivery(new Warehouse());
  }

  @Test
  void an_actor_that_sends_something_else_is_caught() {
    assertThatThrownBy(
            () ->
                expectDelivery(
                    new Warehouse() {
                      @Override
                      void deliver(Order order) {
                        Object ignored = order.customer().trySend("pen");
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected book, but received pen");
  }

  @Test
  void an_actor_that_is_too_late_by_a_nanosecond_is_caught() {
    assertThatThrownBy(
            () ->
                expectDelivery(
                    new Warehouse() {
                      @Override
                      Duration delay() {
                        return SECOND.plusNanos(1);
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected book, but received nothing within PT0.001S");
  }

  @Test
  void an_actor_that_is_too_early_is_caught() {
    assertThatThrownBy(
            () ->
                expectDelivery(
                    new Warehouse() {
                      @Override
                      Duration delay() {
                        return SECOND.minusMillis(2);
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected no message, but received book");
  }

  @Test
  void an_actor_that_sends_twice_is_caught() {
    assertThatThrownBy(
            () ->
                expectDelivery(
                    new Warehouse() {
                      @Override
                      void deliver(Order order) {
                        super.deliver(order);
                        super.deliver(order);
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected no message, but received book; before that [book]");
  }

  @Test
  void an_actor_that_never_sends_is_caught() {
    assertThatThrownBy(
            () ->
                expectDelivery(
                    new Warehouse() {
                      @Override
                      void deliver(Order order) {}
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected book, but received nothing");
  }
}
