package dev.velox.reactor.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class RetryBudgetTest {

  @Test
  void it_begins_full_and_gives_what_it_has() {
    RetryBudget budget = RetryBudget.of(0, 0, 3);
    assertThat(IntStream.range(0, 5).filter(i -> budget.tryWithdraw()).count()).isEqualTo(3);
    assertThat(budget.balance()).isZero();
  }

  @Test
  void deposits_add_their_part_up_to_the_capacity() {
    RetryBudget budget = RetryBudget.of(0.25, 0, 2);
    budget.deposit();
    assertThat(budget.balance()).isEqualTo(2);
    assertThat(budget.tryWithdraw()).isTrue();
    assertThat(budget.tryWithdraw()).isTrue();
    budget.deposit();
    budget.deposit();
    budget.deposit();
    assertThat(budget.tryWithdraw()).isFalse();
    budget.deposit();
    assertThat(budget.tryWithdraw()).isTrue();
  }

  @Test
  void more_flows_in_with_time_up_to_the_capacity() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    RetryBudget budget = RetryBudget.of(0, 2, 5, time);
    while (budget.tryWithdraw()) {
      assertThat(budget.balance()).isNotNegative();
    }
    time.advanceTimeBy(Duration.ofMillis(499));
    assertThat(budget.tryWithdraw()).isFalse();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(budget.tryWithdraw()).isTrue();
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(budget.balance()).isEqualTo(5);
  }

  @Test
  void a_full_budget_does_not_hoard_the_time_it_was_full() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    RetryBudget budget = RetryBudget.of(1, 1, 2, time);
    time.advanceTimeBy(Duration.ofDays(1));
    budget.deposit();
    assertThat(budget.tryWithdraw()).isTrue();
    assertThat(budget.tryWithdraw()).isTrue();
    assertThat(budget.tryWithdraw()).isFalse();
  }

  @Test
  void bad_numbers_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.of(-0.1, 0, 1))
        .withMessageContaining("ratio")
        .withMessageContaining("-0.1");
    assertThatIllegalArgumentException().isThrownBy(() -> RetryBudget.of(Double.NaN, 0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.of(0, -1, 1))
        .withMessageContaining("perSecond");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.of(0, 0, 0.5))
        .withMessageContaining("capacity");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.ofRatio(Double.POSITIVE_INFINITY));
  }

  @Test
  void many_threads_get_exactly_what_is_there() {
    RetryBudget budget = RetryBudget.of(1, 0, 100_000);
    AtomicInteger got = new AtomicInteger();
    Flux.range(0, 8)
        .flatMap(
            thread ->
                Mono.fromRunnable(
                        () -> {
                          for (int i = 0; i < 20_000; i++) {
                            if (budget.tryWithdraw()) {
                              got.incrementAndGet();
                            }
                          }
                        })
                    .subscribeOn(Schedulers.parallel()))
        .blockLast();
    assertThat(got).hasValue(100_000);
    assertThat(budget.balance()).isZero();
  }
}
