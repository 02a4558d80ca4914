package dev.velox.benchmarks.stm;

/**
 * Transactions over one counter, or over accounts. A task is whatever the peer runs side by side: a
 * thread for those that run on the caller's thread, a fiber for ZIO. Each call answers a figure
 * that the benchmark checks.
 */
public interface StmPeer {

  int ACCOUNTS = 1000;
  int FIRST = 100;

  /** Each task adds one, {@code each} times. Answers the counter. */
  long increment(int tasks, int each) throws Exception;

  /** Each task moves one unit between two accounts, {@code each} times. Answers the sum of all. */
  long transfer(int tasks, int each) throws Exception;

  /**
   * Of 20 transactions of a task 19 read ten accounts, and one is a transfer. Answers the sum of
   * all accounts.
   */
  long mixed(int tasks, int each) throws Exception;

  /**
   * Sums all accounts in one transaction, {@code times} times, with or without a task that
   * transfers meanwhile.
   */
  long scan(int times, boolean writer) throws Exception;

  /** Two tasks hand one ref to and fro by retry, {@code times} times. Answers the ref. */
  long handOff(int times) throws Exception;
}
