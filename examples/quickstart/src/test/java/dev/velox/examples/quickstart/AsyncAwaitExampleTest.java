package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AsyncAwaitExampleTest {

  @Test
  void a_lost_connection_is_worth_a_retry_and_any_other_error_is_not() throws Exception {
    assertThat(AsyncAwaitExample.run())
        .containsExactly(
            "1st call: RetryableException: Network error, caused by NetworkException",
            "2nd call: Data[city=Oslo, degrees=-3]",
            "elsewhere: IllegalStateException: Not the expected JSON, with status 404",
            "with a retry: Data[city=Oslo, degrees=-3]");
  }
}
