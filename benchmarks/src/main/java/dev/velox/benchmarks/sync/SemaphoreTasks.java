package dev.velox.benchmarks.sync;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** A semaphore of four permits. */
public class SemaphoreTasks extends LockBenchmark {

  @Param({"velox", "velox-hop", "kotlin", "jdk-fair-virtual", "reactor-pool", "bulkhead"})
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    // The mutex shows the rest.
    boolean key = params.get("tasks").equals("4") && params.get("holder").equals("yields");
    return (!shortForm || key) && supports(params, shortForm);
  }

  @Setup
  public void open() {
    open(peer, 4);
  }
}
