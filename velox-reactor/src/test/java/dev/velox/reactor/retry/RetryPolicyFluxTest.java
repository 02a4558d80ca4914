package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RetryPolicyFluxTest {

  private static RetryPolicyBuilder at_once() {
    return RetryPolicy.builder().backoff(Backoff.none());
  }

  /** 1, 2, 3, then an error. */
  private static Flux<Integer> broken() {
    return Flux.just(1, 2, 3).concatWith(Mono.error(new NetworkException("broken")));
  }

  @Test
  void a_stream_begins_anew() {
    StepVerifier.create(at_once().maxAttempts(2).build().executeFlux(RetryPolicyFluxTest::broken))
        .expectNext(1, 2, 3, 1, 2, 3)
        .verifyErrorMessage("broken");
    StepVerifier.create(broken().transform(at_once().maxAttempts(2).build().operator()))
        .expectNext(1, 2, 3, 1, 2, 3)
        .verifyErrorMessage("broken");
  }

  @Test
  void a_stream_resumes_from_its_last_element() {
    List<Integer> resumed = new ArrayList<>();
    Flux<Integer> stream =
        at_once()
            .maxAttempts(10)
            .build()
            .executeFlux(
                () -> upTo(0, 4),
                last -> {
                  resumed.add(last);
                  return upTo(last, last + 4);
                });
    StepVerifier.create(stream).expectNext(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).verifyComplete();
    assertThat(resumed).containsExactly(4, 8);
  }

  /** What follows the last element, up to ten; breaks after the given one. */
  private static Flux<Integer> upTo(int last, int breaksAfter) {
    return Flux.range(last + 1, 10 - last)
        .concatMap(
            each -> each > breaksAfter ? Mono.error(new NetworkException("cut")) : Mono.just(each));
  }

  @Test
  void a_stream_that_never_began_is_started_again_and_not_resumed() {
    AtomicInteger starts = new AtomicInteger();
    Flux<Integer> stream =
        at_once()
            .build()
            .executeFlux(
                () ->
                    starts.incrementAndGet() < 3
                        ? Flux.error(new NetworkException("x"))
                        : Flux.just(1),
                last -> Flux.error(new AssertionError("resumed from " + last)));
    StepVerifier.create(stream).expectNext(1).verifyComplete();
  }

  @Test
  void a_resumption_that_throws_is_a_failed_attempt() {
    AtomicInteger resumed = new AtomicInteger();
    Flux<Integer> stream =
        at_once()
            .maxAttempts(4)
            .build()
            .executeFlux(
                RetryPolicyFluxTest::broken,
                last -> {
                  if (resumed.incrementAndGet() == 1) {
                    throw new NetworkException("no resumption");
                  }
                  return Flux.just(4);
                });
    StepVerifier.create(stream).expectNext(1, 2, 3, 4).verifyComplete();
  }

  @Test
  void progress_resets_the_count_where_the_policy_says_so() {
    AtomicInteger starts = new AtomicInteger();
    Supplier<Flux<Integer>> source =
        () -> starts.incrementAndGet() <= 50 ? broken() : Flux.error(new NetworkException("end"));
    RetryPolicy reset = at_once().maxAttempts(3).resetOnProgress().build();
    StepVerifier.create(reset.executeFlux(source)).expectNextCount(150).verifyErrorMessage("end");
    // The last one with progress counts as the first again.
    assertThat(starts).hasValue(52);

    starts.set(0);
    StepVerifier.create(at_once().maxAttempts(3).build().executeFlux(source))
        .expectNextCount(9)
        .verifyErrorMessage("broken");
    assertThat(starts).hasValue(3);
  }

  @Test
  void progress_resets_the_back_off_too() {
    List<Long> delays = new ArrayList<>();
    RetryListener listener =
        new RetryListener() {
          @Override
          public void onRetry(FailedAttempt failed, java.time.Duration delay) {
            delays.add(delay.toMillis());
          }
        };
    List<Flux<Integer>> attempts =
        List.of(
            Flux.error(new NetworkException("1")),
            Flux.error(new NetworkException("2")),
            broken(),
            Flux.error(new NetworkException("3")),
            Flux.just(9));
    AtomicInteger next = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                RetryPolicy.builder()
                    .maxAttempts(3)
                    .backoff(Backoff.exponential(ofMillis(100)))
                    .resetOnProgress()
                    .listener(listener)
                    .build()
                    .executeFlux(() -> attempts.get(next.getAndIncrement())))
        .thenAwait(ofMillis(600))
        .expectNext(1, 2, 3, 9)
        .verifyComplete();
    assertThat(delays).containsExactly(100L, 200L, 100L, 200L);
  }

  @Test
  void demand_is_exact_across_attempts() {
    AtomicLong asked = new AtomicLong();
    Flux<Integer> stream =
        at_once().maxAttempts(3).build().executeFlux(() -> broken().doOnRequest(asked::addAndGet));
    StepVerifier.create(stream, 0)
        .expectSubscription()
        .thenRequest(2)
        .expectNext(1, 2)
        .thenRequest(2)
        // One is left when the first attempt fails after three, and the second is asked for that.
        .expectNext(3, 1)
        .thenRequest(1)
        .expectNext(2)
        .thenRequest(4)
        .expectNext(3, 1, 2, 3)
        .verifyErrorMessage("broken");
    // 4 of the first attempt; 1 (carried), 1, 4 of the second; 3 (carried) of the third.
    assertThat(asked).hasValue(4 + 6 + 3);
  }

  @Test
  void demand_made_in_back_off_reaches_the_next_attempt() {
    TestPublisher<Integer> first = TestPublisher.create();
    TestPublisher<Integer> second = TestPublisher.create();
    List<TestPublisher<Integer>> attempts = List.of(first, second);
    AtomicInteger next = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                RetryPolicy.builder()
                    .backoff(Backoff.fixed(ofMillis(100)))
                    .build()
                    .executeFlux(() -> attempts.get(next.getAndIncrement()).flux()),
            1)
        .then(() -> first.next(1))
        .expectNext(1)
        .then(() -> first.error(new NetworkException("x")))
        .thenRequest(2)
        .thenAwait(ofMillis(100))
        .then(() -> second.assertMinRequested(2).next(2, 3).complete())
        .expectNext(2, 3)
        .verifyComplete();
  }

  @Test
  void a_million_elements_one_by_one() {
    Flux<Integer> stream = at_once().build().executeFlux(() -> Flux.range(0, 1_000_000));
    AtomicInteger received = new AtomicInteger();
    StepVerifier.create(stream.doOnNext(each -> received.incrementAndGet()).limitRate(1))
        .expectNextCount(1_000_000)
        .verifyComplete();
    assertThat(received).hasValue(1_000_000);
  }

  @Test
  void an_infinite_source_is_cut_by_downstream() {
    AtomicInteger cancelled = new AtomicInteger();
    StepVerifier.create(
            Flux.<Integer>generate(sink -> sink.next(1))
                .doOnCancel(cancelled::incrementAndGet)
                .transform(at_once().build().operator())
                .take(5))
        .expectNextCount(5)
        .verifyComplete();
    assertThat(cancelled).hasValue(1);
  }

  @Test
  void any_publisher_can_be_a_source() {
    Publisher<Integer> plain = subscriber -> Flux.just(1, 2).subscribe(subscriber);
    StepVerifier.create(at_once().build().executeFlux(() -> plain))
        .expectNext(1, 2)
        .verifyComplete();
    StepVerifier.create(at_once().build().<Integer>operator().apply(plain))
        .expectNext(1, 2)
        .verifyComplete();
  }

  @Test
  void empty_is_retried_only_if_nothing_came_at_all() {
    AtomicInteger starts = new AtomicInteger();
    RetryPolicy policy = at_once().maxAttempts(5).retryOnEmpty().build();
    StepVerifier.create(
            policy.executeFlux(
                () ->
                    switch (starts.incrementAndGet()) {
                      case 1 -> Flux.empty();
                      case 2 -> broken();
                      default -> Flux.empty();
                    }))
        .expectNext(1, 2, 3)
        .verifyComplete();
    assertThat(starts).hasValue(3);
  }

  @Test
  void the_flux_names_its_parent() {
    Flux<Integer> source = Flux.just(1).hide();
    assertThat(
            Scannable.from(source.transform(at_once().build().<Integer>operator()))
                .scan(Scannable.Attr.PARENT))
        .isSameAs(source);
  }
}
