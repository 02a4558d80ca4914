package dev.velox.reactor.sync;

import dev.velox.reactor.testing.Linearizability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Linearizability of the deciding cores, checked against plain models by model checking and by
 * stress: three threads, a few operations each, all interleavings that the checker gets to.
 */
@Tag("stress")
@Timeout(300)
class SyncLincheckTest {

  @Test
  void a_mutex_is_linearizable() {
    Linearizability.check(MutexOps.class, MutexModel.class);
  }

  @Test
  void a_semaphore_is_linearizable() {
    Linearizability.check(SemaphoreOps.class, SemaphoreModel.class);
  }

  @Test
  void a_condition_is_linearizable() {
    Linearizability.check(ConditionOps.class, ConditionModel.class);
  }

  private static final class Plain extends Request {
    Plain(int wanted) {
      super(wanted);
    }

    @Override
    public void run() {}

    boolean isGranted() {
      return outcome() == GRANTED;
    }
  }

  /**
   * A core of some permits. Each waiting request is made by one thread; whether it was granted is
   * asked by anybody.
   */
  public abstract static class Core {
    private final PermitCore core;
    private final Plain[] requests;

    Core(int permits, int... wanted) {
      core = new PermitCore(permits);
      requests = new Plain[wanted.length];
      for (int i = 0; i < wanted.length; i++) {
        requests[i] = new Plain(wanted[i]);
      }
    }

    final boolean take(int permits) {
      return core.acquire(permits, null, 0) == PermitCore.Answer.TAKEN;
    }

    final void put(int permits) {
      core.give(permits);
    }

    final void total(int permits) {
      core.resize(permits);
    }

    final int available() {
      return core.free();
    }

    final String line(int number) {
      return core.acquire(requests[number].wanted, requests[number], 2).name();
    }

    final boolean granted(int number) {
      return requests[number].isGranted();
    }
  }

  /** What a core means, one operation after the other. */
  public abstract static class CoreModel {
    private final int[] wanted;
    private final boolean[] granted;
    private final Deque<Integer> line = new ArrayDeque<>();
    private int free;
    private int total;

    CoreModel(int permits, int... wanted) {
      this.free = permits;
      this.total = permits;
      this.wanted = wanted;
      this.granted = new boolean[wanted.length];
    }

    final boolean take(int permits) {
      if (!line.isEmpty() || free < permits) {
        return false;
      }
      free -= permits;
      return true;
    }

    final void put(int permits) {
      free += permits;
      while (!line.isEmpty() && wanted[line.peek()] <= free) {
        int first = line.remove();
        free -= wanted[first];
        granted[first] = true;
      }
    }

    final void total(int permits) {
      int more = permits - total;
      total = permits;
      put(more);
    }

    final int available() {
      return free;
    }

    final String line(int number) {
      if (take(wanted[number])) {
        return "TAKEN";
      }
      if (line.size() >= 2) {
        return "TOO_MANY";
      }
      line.add(number);
      return "WAITING";
    }

    final boolean granted(int number) {
      return granted[number];
    }
  }

  /** A mutex: lock, unlock, try, and one that waits. */
  public static final class MutexOps extends Core {
    private boolean linedUp;

    /** A mutex that is free. */
    public MutexOps() {
      super(1, 1);
    }

    @Operation
    public boolean tryLock() {
      return take(1);
    }

    @Operation(nonParallelGroup = "holder")
    public void unlock() {
      // Only who holds it can: the group makes one of many unlocks the holder's.
      if (available() == 0) {
        put(1);
      }
    }

    @Operation
    public boolean isLocked() {
      return available() == 0;
    }

    @Operation(nonParallelGroup = "waiter")
    public String lock() {
      if (!linedUp) {
        linedUp = true;
        return line(0);
      }
      return "granted: " + granted(0);
    }
  }

  /** What a mutex means. */
  public static final class MutexModel extends CoreModel {
    private boolean linedUp;

    /** A mutex that is free. */
    public MutexModel() {
      super(1, 1);
    }

    public boolean tryLock() {
      return take(1);
    }

    public void unlock() {
      if (available() == 0) {
        put(1);
      }
    }

    public boolean isLocked() {
      return available() == 0;
    }

    public String lock() {
      if (!linedUp) {
        linedUp = true;
        return line(0);
      }
      return "granted: " + granted(0);
    }
  }

  /**
   * A semaphore of three, with a big and a small request that wait. Who was granted shows in what
   * is free.
   */
  public static final class SemaphoreOps extends Core {
    private boolean bigLinedUp;
    private boolean smallLinedUp;

    /** A semaphore of which two are out. */
    public SemaphoreOps() {
      super(3, 3, 1);
      take(2);
    }

    @Operation
    public boolean tryAcquire(@Param(gen = IntGen.class, conf = "1:2") int permits) {
      return take(permits);
    }

    @Operation
    public void release(@Param(gen = IntGen.class, conf = "1:2") int permits) {
      put(permits);
    }

    @Operation
    public int free() {
      return available();
    }

    @Operation(nonParallelGroup = "resizer")
    public void resize(@Param(gen = IntGen.class, conf = "0:5") int permits) {
      total(permits);
    }

    @Operation(nonParallelGroup = "big")
    public String big() {
      if (!bigLinedUp) {
        bigLinedUp = true;
        return line(0);
      }
      return "lined up before";
    }

    @Operation(nonParallelGroup = "small")
    public String small() {
      if (!smallLinedUp) {
        smallLinedUp = true;
        return line(1);
      }
      return "lined up before";
    }
  }

  /** What a semaphore means. */
  public static final class SemaphoreModel extends CoreModel {
    private boolean bigLinedUp;
    private boolean smallLinedUp;

    /** A semaphore of which two are out. */
    public SemaphoreModel() {
      super(3, 3, 1);
      take(2);
    }

    public boolean tryAcquire(int permits) {
      return take(permits);
    }

    public void release(int permits) {
      put(permits);
    }

    public int free() {
      return available();
    }

    public void resize(int permits) {
      total(permits);
    }

    public String big() {
      if (!bigLinedUp) {
        bigLinedUp = true;
        return line(0);
      }
      return "lined up before";
    }

    public String small() {
      if (!smallLinedUp) {
        smallLinedUp = true;
        return line(1);
      }
      return "lined up before";
    }
  }

  private static final class PlainWait extends ConditionRequest {
    @Override
    public void run() {}
  }

  /** A condition whose waits only join its line; how many were woken is what it answers. */
  public static final class ConditionOps {
    private final PermitCore mutex = new PermitCore(1);
    private final ConditionCore core = new ConditionCore(mutex);

    @Operation
    public boolean await() {
      PlainWait wait = new PlainWait();
      return wait.begin() && core.join(wait, 3);
    }

    @Operation
    public boolean signal() {
      return core.next() != null;
    }

    @Operation
    public int broadcast() {
      List<ConditionRequest> woken = new ArrayList<>();
      core.all()
          .forEach(
              wait -> {
                if (wait.wake(ConditionRequest.Phase.BROADCAST)) {
                  woken.add(wait);
                }
              });
      return woken.size();
    }
  }

  /** What a condition means. */
  public static final class ConditionModel {
    private int waiting;

    public boolean await() {
      if (waiting == 3) {
        return false;
      }
      waiting++;
      return true;
    }

    public boolean signal() {
      if (waiting == 0) {
        return false;
      }
      waiting--;
      return true;
    }

    public int broadcast() {
      int all = waiting;
      waiting = 0;
      return all;
    }
  }
}
