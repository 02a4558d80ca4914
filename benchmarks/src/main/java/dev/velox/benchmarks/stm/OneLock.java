package dev.velox.benchmarks.stm;

/** One lock around plain fields: what the machine can do. It waits by blocking the thread. */
final class OneLock extends ThreadTasks {

  private int counter;
  private final int[] accounts = new int[ACCOUNTS];

  OneLock() {
    java.util.Arrays.fill(accounts, FIRST);
  }

  @Override
  synchronized void incrementOnce() {
    counter++;
  }

  @Override
  synchronized long counter() {
    return counter;
  }

  @Override
  synchronized void transferOnce(int from, int to) {
    accounts[from]--;
    accounts[to]++;
  }

  @Override
  void readTen(int first) {
    int sum = 0;
    synchronized (this) {
      for (int i = 0; i < 10; i++) {
        sum += accounts[first + i];
      }
    }
    if (sum == Integer.MIN_VALUE) {
      throw new IllegalStateException();
    }
  }

  @Override
  synchronized long sumOnce() {
    long sum = 0;
    for (int account : accounts) {
      sum += account;
    }
    return sum;
  }

  @Override
  synchronized void swap(int expected, int next) {
    try {
      while (counter != expected) {
        wait();
      }
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    counter = next;
    notifyAll();
  }
}
