package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JUnitVersionTest {

  /** A profile that changed nothing would look as green. */
  @Test
  void the_tests_run_on_the_junit_that_the_build_asked_for() {
    String asked = System.getProperty("velox.junit.version");

    assertThat(Test.class.getPackage().getImplementationVersion()).isEqualTo(asked);
  }
}
