package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryPolicyExampleTest {

  @Test
  void the_third_call_is_answered_streams_resume_and_a_slow_call_is_hedged() throws Exception {
    assertThat(RetryPolicyExample.run())
        .containsExactly(
            "execute: answer to call 3",
            "operator: answer to call 3",
            "resumed: [1, 2, 3, 4, 5, 6, 7, 8, 9]",
            "hedged: call 2");
  }
}
