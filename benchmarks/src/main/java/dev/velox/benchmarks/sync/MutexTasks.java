package dev.velox.benchmarks.sync;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** A mutex. */
public class MutexTasks extends LockBenchmark {

  @Param({
    "velox",
    "velox-hop",
    "kotlin",
    "jdk-fair-virtual",
    "reactor-pool",
    "bulkhead",
    "limit-unlocked"
  })
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return supports(params, shortForm);
  }

  @Setup
  public void open() {
    open(peer, 1);
  }
}
