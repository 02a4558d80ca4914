package dev.velox.reactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.internal.HandOver;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Proves that BlockHound bites: without this, a suite in which it was never installed would look as
 * green.
 */
class BlockHoundTest {

  @Test
  void a_sleep_on_a_parallel_thread_is_refused_and_recorded() {
    Mono<Object> sleeper = sleeper().subscribeOn(Schedulers.parallel());

    assertThat(sleeper.materialize().block().getThrowable())
        .hasRootCauseInstanceOf(BlockingOperationError.class);
    assertThat(BlockingCalls.drain()).hasSize(1);
  }

  @Test
  void a_sleep_on_a_hand_over_thread_is_refused_and_recorded() {
    Mono<Object> sleeper = sleeper().subscribeOn(HandOver.scheduler());

    assertThat(sleeper.materialize().block().getThrowable())
        .hasRootCauseInstanceOf(BlockingOperationError.class);
    assertThat(BlockingCalls.drain()).hasSize(1);
  }

  private static Mono<Object> sleeper() {
    return Mono.fromCallable(
            () -> {
              Thread.sleep(1);
              return new Object();
            })
        .onErrorMap(IllegalStateException::new);
  }
}
