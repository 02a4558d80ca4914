package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CircuitBreakerExampleTest {

  @Test
  void an_open_breaker_ends_the_retries() {
    assertThat(CircuitBreakerExample.run())
        .containsExactly(
            "operation 1: 3 calls, NetworkException",
            "operation 2: 1 calls, CallNotPermittedException",
            "operation 3: 0 calls, CallNotPermittedException");
  }
}
