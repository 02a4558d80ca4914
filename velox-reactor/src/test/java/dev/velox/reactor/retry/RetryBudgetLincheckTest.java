package dev.velox.reactor.retry;

import dev.velox.reactor.testing.Linearizability;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each operation of a budget takes effect at one instant: checked against a plain counter. */
@Tag("stress")
class RetryBudgetLincheckTest {

  @Test
  void a_budget_is_linearizable() {
    Linearizability.check(Shared.class, Counter.class);
  }

  /** Without flow in time, so that a clock can't tell the two apart. */
  public static class Shared {
    private final RetryBudget budget = RetryBudget.of(0.5, 0, 2);

    @Operation
    public void deposit() {
      budget.deposit();
    }

    @Operation
    public boolean tryWithdraw() {
      return budget.tryWithdraw();
    }

    @Operation
    public double balance() {
      return budget.balance();
    }
  }

  /** The same in halves, for one thread. */
  public static class Counter {
    private int halves = 4;

    public void deposit() {
      halves = Math.min(4, halves + 1);
    }

    public boolean tryWithdraw() {
      if (halves < 2) {
        return false;
      }
      halves -= 2;
      return true;
    }

    public double balance() {
      return halves / 2.0;
    }
  }
}
