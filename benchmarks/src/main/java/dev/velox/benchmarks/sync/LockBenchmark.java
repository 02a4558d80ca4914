package dev.velox.benchmarks.sync;

import dev.velox.benchmarks.Threads;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.scheduler.Scheduler;

/**
 * Tasks go through a lock {@value #CYCLES} times in all.
 *
 * <p>{@code holder=counts} only counts while it holds the lock, {@code holder=yields} gives its
 * thread away meanwhile, so that others really wait. {@code on} is where the tasks run: a pool of
 * as many threads as processors, or one thread.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public abstract class LockBenchmark {

  static final int CYCLES = 100_000;

  @Param({"1", "2", "4", "100", "10000"})
  public int tasks;

  @Param({"counts", "yields"})
  public String holder;

  @Param({"pool", "one"})
  public String on;

  private LockPeer lock;
  private int permits;

  final void open(String peer, int permits) {
    this.permits = permits;
    this.lock = of(peer, permits, on.equals("one"));
  }

  private static LockPeer of(String peer, int permits, boolean one) {
    Scheduler scheduler = one ? Threads.newOne() : Threads.newPool();
    return switch (peer) {
      case "velox" -> ReactiveLocks.velox(permits, scheduler, false);
      case "velox-hop" -> ReactiveLocks.velox(permits, scheduler, true);
      case "kotlin" -> one ? KotlinLocks.onOneThread(permits) : KotlinLocks.onDefault(permits);
      case "jdk-fair-virtual" -> new JdkLocks(permits);
      case "reactor-pool" -> ReactiveLocks.reactorPool(permits, scheduler);
      case "bulkhead" -> ReactiveLocks.bulkhead(permits, scheduler);
      case "limit-unlocked" -> ReactiveLocks.unlocked(scheduler);
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }

  static boolean supports(Map<String, String> params, boolean shortForm) {
    int tasks = Integer.parseInt(params.get("tasks"));
    String peer = params.get("peer");
    boolean one = params.get("on").equals("one");
    // One task never waits; of many, those count that really wait.
    String telling = tasks == 1 ? "counts" : "yields";
    if (shortForm && (one || tasks == 2 || tasks == 100 || !params.get("holder").equals(telling))) {
      return false;
    }
    return switch (peer) {
      case "jdk-fair-virtual" -> Threads.virtual() && !one;
      case "bulkhead" -> tasks == 1;
      case "velox-hop" -> tasks > 1;
      case "limit-unlocked" -> !shortForm || tasks != 10_000;
      default -> true;
    };
  }

  @TearDown
  public void close() throws Exception {
    lock.close();
  }

  @Benchmark
  @OperationsPerInvocation(CYCLES)
  public long run() throws Exception {
    Guarded guarded = new Guarded(permits);
    lock.run(guarded, tasks, CYCLES / tasks, holder.equals("yields"));
    if (guarded.entered() != CYCLES) {
      throw new IllegalStateException("Wrong answer: " + guarded.entered());
    }
    return guarded.entered();
  }
}
