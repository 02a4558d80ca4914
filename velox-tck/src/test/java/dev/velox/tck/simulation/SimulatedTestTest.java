package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs what is planted, and looks at what JUnit makes of it. */
@ResourceLock("reactor.core.scheduler.Schedulers")
class SimulatedTestTest {

  private static final Pattern SEED = Pattern.compile("replay with -Dvelox.simulation.seed=(\\d+)");

  private static TestExecutionSummary run(String method) {
    return run(method, "1");
  }

  private static TestExecutionSummary run(String method, String times) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(
                    selectMethod(PlantedBugs.class, method, SimulatedSchedulers.class.getName()))
                .configurationParameter(PlantedBugs.PURPOSE, "true")
                .configurationParameter(SimulationExtension.TIMES, times)
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                .build(),
            summary);
    return summary.getSummary();
  }

  private static String failureOf(TestExecutionSummary summary) {
    List<TestExecutionSummary.Failure> failures = summary.getFailures();
    assertThat(failures).hasSize(1);
    return String.valueOf(failures.get(0).getException().getMessage());
  }

  private static String seedIn(String failure) {
    Matcher seed = SEED.matcher(failure);
    assertThat(seed.find()).as(failure).isTrue();
    return seed.group(1);
  }

  @Test
  void a_lost_update_is_found_and_replayed_by_its_seed() {
    TestExecutionSummary found = run("a_lost_update");
    String failure = failureOf(found);
    assertThat(failure).contains("expected: 2").contains("but was: 1").contains("last tasks");

    System.setProperty(SimulationExtension.REPLAY, seedIn(failure));
    try {
      TestExecutionSummary replayed = run("a_lost_update");
      assertThat(replayed.getTestsStartedCount()).isEqualTo(1);
      assertThat(failureOf(replayed)).isEqualTo(failure);
    } finally {
      System.clearProperty(SimulationExtension.REPLAY);
    }
  }

  @Test
  void a_deadlock_is_found() {
    assertThat(failureOf(run("a_deadlock"))).contains("deadlock: nothing is left to run");
  }

  @Test
  void blocking_is_refused_rather_than_waited_for() {
    assertThat(failureOf(run("a_wait"))).contains("block()/blockFirst()/blockLast() are blocking");
  }

  @Test
  void each_seed_is_a_test_and_all_run_if_none_fails() {
    TestExecutionSummary summary = run("no_bug");

    assertThat(summary.getTestsSucceededCount()).isEqualTo(40);
    assertThat(summary.getTestsFailedCount()).isZero();
  }

  @Test
  void a_longer_run_multiplies_the_seeds() {
    assertThat(run("no_bug", "3").getTestsSucceededCount()).isEqualTo(120);
  }
}
