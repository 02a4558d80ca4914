package dev.velox.benchmarks.stm;

import java.util.ArrayList;
import java.util.List;
import scala.concurrent.stm.Ref;
import scala.concurrent.stm.japi.STM;

/** ScalaSTM through its Java interface. Its retry parks the thread. */
final class ScalaStm extends ThreadTasks {

  private final Ref.View<Integer> counter = STM.newRef(0);
  private final List<Ref.View<Integer>> accounts = new ArrayList<>();

  ScalaStm() {
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(STM.newRef(FIRST));
    }
  }

  @Override
  void incrementOnce() {
    STM.atomic(
        () -> {
          counter.set(counter.get() + 1);
        });
  }

  @Override
  long counter() {
    return counter.get();
  }

  @Override
  void transferOnce(int from, int to) {
    Ref.View<Integer> a = accounts.get(from);
    Ref.View<Integer> b = accounts.get(to);
    STM.atomic(
        () -> {
          a.set(a.get() - 1);
          b.set(b.get() + 1);
        });
  }

  @Override
  void readTen(int first) {
    int ignored =
        STM.<Integer>atomic(
            () -> {
              int sum = 0;
              for (int i = 0; i < 10; i++) {
                sum += accounts.get(first + i).get();
              }
              return sum;
            });
  }

  @Override
  long sumOnce() {
    return STM.<Long>atomic(
        () -> {
          long sum = 0;
          for (Ref.View<Integer> account : accounts) {
            sum += account.get();
          }
          return sum;
        });
  }

  @Override
  void swap(int expected, int next) {
    STM.atomic(
        () -> {
          if (counter.get() != expected) {
            STM.retry();
          }
          counter.set(next);
        });
  }
}
