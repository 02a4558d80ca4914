package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/**
 * Sixteen defects that were reproduced in other transactional memories, each as the test that this
 * one passes. D6 and D12 (two refs written equal seen unequal), D13 and D14 (write skew) are raced
 * at length in {@link StmRaceTest}; here they are interleaved by hand.
 */
class StmPeerDefectsTest {

  private final TRef<Integer> x = TRef.of(1);
  private final TRef<Integer> y = TRef.of(0);
  private final TRef<Integer> p = TRef.of(5);

  @Test
  void d01_a_nested_write_does_not_forget_what_the_outer_block_has_read() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> sync =
        Stm.atomic(
            tx -> {
              int seen = tx.get(x);
              if (attempts.incrementAndGet() == 1) {
                x.write(10_000).block();
              }
              return tx.<Integer>orElse(
                  left -> {
                    left.set(x, seen + 1);
                    return seen + 1;
                  },
                  right -> -1);
            });
    StepVerifier.create(sync).expectNext(10_001).verifyComplete();
    assertThat(attempts).hasValue(2);
    assertThat(x.peek()).isEqualTo(10_001);
  }

  @Test
  void d02_null_is_refused_instead_of_dropped() {
    StepVerifier.create(
            Stm.atomic(
                (Transaction tx) -> {
                  tx.set(x, null);
                }))
        .verifyError(NullPointerException.class);
  }

  @Test
  void d03_a_ref_written_in_the_side_that_retried_still_wakes() {
    Mono<String> waiting =
        Stm.atomic(
            tx -> {
              return tx.orElse(
                  left -> {
                    int less = left.get(p) - 10;
                    left.set(p, less);
                    return less < 0 ? left.<String>retry() : "left";
                  },
                  right -> right.get(y) != 0 ? "right" : right.<String>retry());
            });
    StepVerifier.create(waiting)
        .expectSubscription()
        .then(() -> p.write(15).block())
        .expectNext("left")
        .expectComplete()
        .verify(Duration.ofSeconds(10));
    assertThat(p.peek()).isEqualTo(5);
  }

  @Test
  void d04_two_sides_that_retry_suspend_if_anything_was_read() {
    Disposable waiting =
        Stm.atomic(
                tx ->
                    0
                        + tx.<Integer>orElse(
                            left -> {
                              left.set(p, left.get(p) - 1);
                              return left.retry();
                            },
                            right -> right.retry()))
            .subscribe();
    assertThat(waiting.isDisposed()).isFalse();
    assertThat(p.waiters()).isEqualTo(1);
    waiting.dispose();
    assertThat(p.waiters()).isZero();
  }

  @Test
  void d05_and_d09_waits_that_were_timed_out_or_cancelled_leave_nothing() {
    for (int i = 0; i < 100; i++) {
      StepVerifier.create(
              Stm.atomic(
                  StmOptions.defaults().timeout(Duration.ofMillis(1)), x.await(v -> v > 100)))
          .verifyError(ConflictException.class);
      x.await(v -> v > 100).subscribe().dispose();
    }
    assertThat(x.waiters()).isZero();
  }

  @Test
  void d06_and_d12_no_body_sees_refs_of_different_instants() {
    TRef<Integer> a = TRef.of(0);
    TRef<Integer> b = TRef.of(0);
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> body =
        Stm.atomic(
            tx -> {
              int first = tx.get(a);
              if (attempts.incrementAndGet() == 1) {
                a.write(1).then(b.write(1)).as(Stm::atomic).block();
              }
              int difference = tx.get(b) - first;
              assertThat(difference).isZero();
              return difference;
            });
    StepVerifier.create(body).expectNext(0).verifyComplete();
  }

  @Test
  void d07_commits_that_only_read_wake_nobody() {
    AtomicInteger runs = new AtomicInteger();
    Disposable waiting =
        Stm.atomic(
                tx -> {
                  runs.incrementAndGet();
                  tx.check(tx.get(x) > 100);
                })
            .subscribe();
    for (int i = 0; i < 100; i++) {
      x.read().block();
      Stm.atomic(x.read()).block();
      Stm.atomic((Transaction tx) -> tx.ensure(x)).block();
    }
    assertThat(x.waiters()).isEqualTo(1);
    assertThat(runs).hasValue(1);
    waiting.dispose();
  }

  @Test
  void d08_a_waiter_woken_by_one_ref_is_gone_from_the_others() {
    for (int i = 0; i < 200; i++) {
      x.write(0).block();
      StepVerifier.create(
              Stm.atomic(
                  tx -> {
                    tx.check(tx.get(x) > 0 || tx.get(y) > 0);
                    return true;
                  }))
          .then(() -> x.write(1).block())
          .expectNext(true)
          .verifyComplete();
    }
    assertThat(y.waiters()).isZero();
    assertThat(x.waiters()).isZero();
  }

  @Test
  void d10_what_the_left_side_wrote_before_it_retried_is_undone() {
    StepVerifier.create(Stm.orElse(p.write(-7).then(x.read()).then(Stm.<Integer>retry()), p.read()))
        .expectNext(5)
        .verifyComplete();
    assertThat(p.peek()).isEqualTo(5);
  }

  @Test
  void d11_what_a_block_wrote_before_it_failed_is_undone_for_who_catches() {
    StepVerifier.create(
            Stm.atomic(
                Stm.atomic(p.write(-7).then(Mono.<Integer>error(new IllegalStateException())))
                    .onErrorResume(e -> p.read())))
        .expectNext(5)
        .verifyComplete();
    assertThat(p.peek()).isEqualTo(5);
  }

  @Test
  void d13_and_d14_write_skew_is_excluded() {
    for (int i = 0; i < 200; i++) {
      TRef<Boolean> alice = TRef.of(true);
      TRef<Boolean> bob = TRef.of(true);
      AtomicInteger attempts = new AtomicInteger();
      Stm.atomic(
              tx -> {
                boolean other = tx.get(bob);
                if (attempts.incrementAndGet() == 1) {
                  Stm.atomic(alice.read().flatMap(on -> on ? bob.write(false) : Mono.empty()))
                      .block();
                }
                if (other) {
                  tx.set(alice, false);
                }
              })
          .block();
      assertThat(List.of(alice.peek(), bob.peek())).containsExactly(true, false);
    }
  }

  @Test
  void d15_an_asynchronous_body_never_sees_a_mixed_state() {
    TRef<Integer> a = TRef.of(0);
    TRef<Integer> b = TRef.of(0);
    AtomicReference<Disposable> writer = new AtomicReference<>();
    StepVerifier.withVirtualTime(
            () -> {
              writer.set(
                  Mono.delay(Duration.ofMillis(5))
                      .then(Stm.atomic(a.write(1).then(b.write(1))))
                      .subscribe());
              return Stm.atomic(
                  a.read()
                      .delayElement(Duration.ofMillis(10))
                      .flatMap(first -> b.read().map(second -> List.of(first, second))));
            })
        .expectSubscription()
        .thenAwait(Duration.ofMillis(10))
        .expectNext(List.of(0, 0))
        .verifyComplete();
    assertThat(a.peek()).isEqualTo(1);
  }

  @Test
  void d16_writing_an_equal_value_wakes_nobody_and_conflicts_with_nobody() {
    TRef<String> text = TRef.of("same");
    AtomicInteger runs = new AtomicInteger();
    Disposable waiting =
        Stm.atomic(
                tx -> {
                  runs.incrementAndGet();
                  tx.check(tx.get(text).isEmpty());
                })
            .subscribe();
    AtomicInteger attempts = new AtomicInteger();
    Stm.atomic(
            tx -> {
              attempts.incrementAndGet();
              String seen = tx.get(text);
              for (int i = 0; i < 100; i++) {
                text.write(new String("same".toCharArray())).block();
                Stm.atomic(text.update(v -> new String(v.toCharArray()))).block();
              }
              tx.set(y, seen.length());
            })
        .block();
    assertThat(attempts).hasValue(1);
    assertThat(text.waiters()).isEqualTo(1);
    assertThat(runs).hasValue(1);
    waiting.dispose();
  }
}
