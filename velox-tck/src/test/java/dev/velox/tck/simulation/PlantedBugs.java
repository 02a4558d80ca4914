package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/** Tests that must fail; {@link SimulatedTestTest} runs them on purpose. */
@ExtendWith(PlantedBugs.OnPurpose.class)
class PlantedBugs {

  static final String PURPOSE = "planted.bugs";

  private int value;
  private final Lock first = new Lock();
  private final Lock second = new Lock();
  private boolean prepared;

  @BeforeEach
  void prepare() {
    prepared = true;
  }

  /** Reads, goes on elsewhere, and writes: an update in between is lost. */
  private Mono<Void> increment() {
    return Mono.fromCallable(() -> value)
        .subscribeOn(Schedulers.parallel())
        .publishOn(Schedulers.parallel())
        .doOnNext(read -> value = read + 1)
        .then();
  }

  @SimulatedTest(seeds = 200)
  void a_lost_update(SimulatedSchedulers simulation) {
    assertThat(prepared).isTrue();
    simulation.await(Mono.when(increment(), increment()));
    assertThat(value).isEqualTo(2);
  }

  @SimulatedTest(seeds = 200)
  void a_deadlock(SimulatedSchedulers simulation) {
    simulation.await(
        Mono.when(first.then(second.then(Mono.empty())), second.then(first.then(Mono.empty()))));
  }

  @SimulatedTest(seeds = 3)
  void a_wait(SimulatedSchedulers simulation) {
    Mono.delay(Duration.ofMillis(1)).block();
  }

  @SimulatedTest(seeds = 40)
  void no_bug(SimulatedSchedulers simulation) {
    simulation.await(increment().then(increment()));
    assertThat(value).isEqualTo(2);
  }

  /** Looks for the parameter that only {@link SimulatedTestTest} sets. */
  static final class OnPurpose implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return context.getConfigurationParameter(PURPOSE).isPresent()
          ? ConditionEvaluationResult.enabled("on purpose")
          : ConditionEvaluationResult.disabled("fails, and is run by SimulatedTestTest only");
    }
  }

  /** A lock whose holders and waiters are publishers, correct as such. */
  private static final class Lock {
    private final Deque<MonoSink<Void>> waiters = new ArrayDeque<>();
    private boolean held;

    Mono<Void> then(Mono<Void> work) {
      return Mono.<Void>create(this::acquire)
          .subscribeOn(Schedulers.parallel())
          .publishOn(Schedulers.parallel())
          .then(work)
          .doFinally(end -> release());
    }

    private void acquire(MonoSink<Void> waiter) {
      if (held) {
        waiters.add(waiter);
      } else {
        held = true;
        waiter.success();
      }
    }

    private void release() {
      MonoSink<Void> next = waiters.poll();
      if (next == null) {
        held = false;
      } else {
        next.success();
      }
    }
  }
}
