package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkerThreadsExampleTest {

  private static final Duration LIMIT = Duration.ofSeconds(40);

  @Test
  void the_script_computes_over_what_it_is_sent() {
    assertThat(WorkerThreadsExample.script().block(LIMIT)).isEqualTo(6);
  }

  @Test
  void a_worker_in_java_goes_on_after_an_error() {
    assertThat(WorkerThreadsExample.java().block(LIMIT)).containsExactly("adder failed", "sum 6");
  }

  @Test
  void a_pool_runs_what_it_is_given() {
    assertThat(WorkerThreadsExample.pool().collectList().block(LIMIT))
        .hasSize(10)
        .startsWith(1L, 2L, 6L)
        .endsWith(3_628_800L);
  }
}
