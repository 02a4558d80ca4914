package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class RetryPolicyThreadTest {

  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  private Mono<String> failing() {
    threads.add(Thread.currentThread());
    return Mono.error(new NetworkException("x"));
  }

  private List<String> names() {
    return threads.stream().map(Thread::getName).toList();
  }

  // An attempt whose delay is over before the one before it has returned is begun by that one's
  // thread.

  private boolean isElasticOrTheFirst(String name) {
    return name.startsWith("boundedElastic") || name.equals(names().get(0));
  }

  private boolean isHandOverOrTheFirst(String name) {
    return name.startsWith("velox-hand-over") || name.equals(names().get(0));
  }

  private static RetryPolicyBuilder soon() {
    return RetryPolicy.builder().maxAttempts(3).backoff(Backoff.fixed(ofMillis(1)));
  }

  @Test
  void without_delay_a_failure_on_the_same_thread_is_retried_there() {
    RetryPolicy policy = soon().backoff(Backoff.none()).build();
    StepVerifier.create(policy.execute(this::failing)).verifyError();
    assertThat(threads).hasSize(3).containsOnly(Thread.currentThread());
  }

  @Test
  void after_a_delay_an_operation_begun_where_blocking_is_allowed_may_block_again() {
    StepVerifier.create(soon().build().execute(() -> failing())).verifyError();
    assertThat(names().subList(1, 3)).allMatch(this::isElasticOrTheFirst);

    threads.clear();
    Supplier<Mono<String>> blocking =
        () -> {
          // Reactor and BlockHound would refuse this on a timer's thread.
          Mono.delay(ofMillis(1)).block(ofSeconds(5));
          return failing();
        };
    StepVerifier.create(soon().build().execute(blocking)).verifyErrorMessage("x");
    assertThat(threads).hasSize(3);
  }

  @Test
  void after_a_delay_an_operation_begun_on_a_non_blocking_thread_goes_on_on_one() {
    StepVerifier.create(
            Mono.defer(() -> soon().build().execute(this::failing))
                .subscribeOn(Schedulers.parallel()))
        .verifyErrorMessage("x");
    assertThat(names().get(0)).startsWith("parallel");
    assertThat(names().subList(1, 3)).allMatch(this::isHandOverOrTheFirst);
    assertThat(threads).allMatch(Schedulers::isNonBlockingThread);
  }

  @Test
  void a_failure_that_comes_from_another_kind_of_thread_is_retried_on_the_first_kind() {
    RetryPolicy policy = soon().backoff(Backoff.none()).build();
    StepVerifier.create(policy.execute(() -> failing().publishOn(Schedulers.parallel())))
        .verifyErrorMessage("x");
    assertThat(threads).hasSize(3).noneMatch(Schedulers::isNonBlockingThread);
  }

  @Test
  void run_on_says_where_every_attempt_runs_the_first_included() {
    Scheduler own = Schedulers.newSingle("own");
    try {
      StepVerifier.create(soon().runOn(own).build().execute(this::failing)).verifyErrorMessage("x");
      StepVerifier.create(soon().backoff(Backoff.none()).runOn(own).build().execute(this::failing))
          .verifyErrorMessage("x");
      assertThat(names()).hasSize(6).allMatch(name -> name.startsWith("own"));
    } finally {
      own.dispose();
    }
  }

  @Test
  void under_retry_when_the_same_rules_hold() {
    StepVerifier.create(Mono.defer(this::failing).retryWhen(soon().build()))
        .verifyErrorMessage("x");
    assertThat(names().subList(1, 3)).allMatch(this::isElasticOrTheFirst);
    threads.clear();
    StepVerifier.create(
            Mono.defer(this::failing).retryWhen(soon().build()).subscribeOn(Schedulers.parallel()))
        .verifyErrorMessage("x");
    assertThat(names().subList(1, 3)).allMatch(this::isHandOverOrTheFirst);
  }

  @Test
  void an_attempt_that_blocks_in_subscribe_is_given_up_in_time_all_the_same() {
    CountDownLatch release = new CountDownLatch(1);
    RetryPolicy policy = soon().maxAttempts(1).attemptTimeout(ofMillis(50)).build();
    Mono<String> call =
        policy
            .<String>execute(
                () ->
                    Mono.fromCallable(
                        () -> {
                          release.await();
                          return "too late";
                        }))
            .subscribeOn(Schedulers.boundedElastic())
            .doOnError(error -> release.countDown());
    StepVerifier.create(call).expectError().verify(ofSeconds(10));
    assertThat(release.getCount()).isZero();
  }
}
