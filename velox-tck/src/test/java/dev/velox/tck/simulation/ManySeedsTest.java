package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary.Failure;

/** The library in simulated orders again, in many more of them. */
@Tag("stress")
@ResourceLock("reactor.core.scheduler.Schedulers")
class ManySeedsTest {

  private static final int TIMES = 10;

  @ParameterizedTest
  @ValueSource(classes = {ChannelInSimulationTest.class, ConstructsInSimulationTest.class})
  void no_seed_breaks_a_promise(Class<?> promises) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();

    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(promises))
                .configurationParameter(SimulationExtension.TIMES, String.valueOf(TIMES))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                .build(),
            summary);

    assertThat(summary.getSummary().getFailures()).extracting(Failure::getException).isEmpty();
    assertThat(summary.getSummary().getTestsSucceededCount()).isGreaterThan(1_000);
  }
}
