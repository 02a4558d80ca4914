package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.testing.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class StmTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  private final TRef<Integer> x = TRef.of("x", 1);
  private final TRef<Integer> y = TRef.of("y", 2);
  private final TRef<Integer> z = TRef.of("z", 3);

  // --- the specification's example, in both styles

  @Test
  void a_transfer_moves_money_at_one_instant() {
    TRef<Integer> from = TRef.of(100);
    TRef<Integer> to = TRef.of(0);

    Mono<Void> transfer =
        Stm.atomic(
            tx -> {
              tx.set(from, tx.get(from) - 10);
              tx.set(to, tx.get(to) + 10);
            });
    Mono<Void> same = from.update(v -> v - 10).then(to.update(v -> v + 10)).as(Stm::atomic);

    assertThat(from.peek()).isEqualTo(100);
    StepVerifier.create(transfer).verifyComplete();
    StepVerifier.create(same).verifyComplete();
    StepVerifier.create(transfer).verifyComplete();
    assertThat(from.peek()).isEqualTo(70);
    assertThat(to.peek()).isEqualTo(30);
  }

  @Test
  void a_body_reads_what_it_wrote() {
    Mono<Integer> sync =
        Stm.atomic(
            tx -> {
              tx.set(x, 10);
              tx.nested(
                  inner -> {
                    inner.set(x, inner.get(x) + 1);
                    return null;
                  });
              return tx.get(x);
            });
    Mono<Integer> async =
        Stm.atomic(x.write(20).then(Stm.atomic(x.update(v -> v + 1))).then(x.read()));

    StepVerifier.create(sync).expectNext(11).verifyComplete();
    StepVerifier.create(async).expectNext(21).verifyComplete();
  }

  @Test
  void a_subscription_twice_is_two_transactions() {
    Mono<Integer> increment = x.updateAndGet(v -> v + 1);

    StepVerifier.create(increment).expectNext(2).verifyComplete();
    StepVerifier.create(Stm.atomic(increment)).expectNext(3).verifyComplete();
    StepVerifier.create(x.getAndUpdate(v -> v + 1)).expectNext(3).verifyComplete();
    assertThat(x.peek()).isEqualTo(4);
  }

  @Test
  void nothing_happens_before_the_request() {
    AtomicInteger runs = new AtomicInteger();
    Mono<Integer> mono = Stm.atomic((Transaction tx) -> runs.incrementAndGet());
    BaseSubscriber<Integer> subscriber =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}
        };

    mono.subscribe(subscriber);
    assertThat(runs).hasValue(0);
    subscriber.request(1);
    assertThat(runs).hasValue(1);
    subscriber.request(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void null_is_refused_and_a_null_result_is_empty() {
    assertThatThrownBy(() -> TRef.of(null)).hasMessageContaining("value");
    assertThatThrownBy(() -> x.write(null)).hasMessageContaining("value");
    assertThatThrownBy(() -> x.update(null)).hasMessageContaining("update");
    assertThatThrownBy(() -> Stm.atomic((Mono<Integer>) null)).hasMessageContaining("body");
    StepVerifier.create(Stm.atomic((Transaction tx) -> tx.set(x, null)))
        .verifyError(NullPointerException.class);
    StepVerifier.create(Stm.atomic(tx -> (Object) tx.update(x, v -> null)))
        .verifyError(NullPointerException.class);
    StepVerifier.create(x.updateAndGet(v -> null)).verifyError(NullPointerException.class);
    StepVerifier.create(Stm.atomic((Transaction tx) -> (Object) null)).verifyComplete();
    StepVerifier.create(Stm.atomicMono(tx -> null)).verifyError(NullPointerException.class);
    assertThat(x.peek()).isEqualTo(1);
  }

  @Test
  void options_refuse_what_makes_no_sense() {
    StmOptions options = StmOptions.defaults();
    assertThatThrownBy(() -> options.maxAttempts(0)).hasMessageContaining("maxAttempts");
    assertThatThrownBy(() -> options.timeout(Duration.ZERO)).hasMessageContaining("timeout");
    assertThatThrownBy(() -> options.maxVersions(-1)).hasMessageContaining("maxVersions");
    assertThatThrownBy(() -> options.maxAge(null)).hasMessageContaining("maxAge");
    assertThatThrownBy(() -> options.scheduler(null)).hasMessageContaining("scheduler");
    assertThatThrownBy(() -> options.metrics(null)).hasMessageContaining("metrics");
    assertThatThrownBy(() -> options.name(null)).hasMessageContaining("name");
  }

  // --- errors

  @Test
  void an_error_at_any_point_writes_nothing() {
    for (int at = 0; at < 3; at++) {
      int point = at;
      Mono<Void> sync =
          Stm.atomic(
              tx -> {
                failAt(point, 0);
                tx.set(x, 50);
                failAt(point, 1);
                tx.set(y, 60);
                failAt(point, 2);
              });
      Mono<Void> async =
          Stm.atomic(
              Mono.fromRunnable(() -> failAt(point, 0))
                  .then(x.write(50))
                  .then(Mono.fromRunnable(() -> failAt(point, 1)))
                  .then(y.write(60))
                  .then(Mono.fromRunnable(() -> failAt(point, 2))));

      StepVerifier.create(sync).verifyErrorMessage("at " + point);
      StepVerifier.create(async).verifyErrorMessage("at " + point);
      assertThat(List.of(x.peek(), y.peek())).containsExactly(1, 2);
    }
  }

  private static void failAt(int wanted, int point) {
    if (wanted == point) {
      throw new IllegalArgumentException("at " + point);
    }
  }

  @Test
  void a_body_that_failed_for_what_is_no_longer_so_runs_again() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> sync =
        Stm.atomic(
            tx -> {
              int seen = tx.get(x);
              if (attempts.incrementAndGet() == 1) {
                x.write(5).block();
              }
              if (seen == 1) {
                throw new IllegalStateException("doomed");
              }
              return seen;
            });
    StepVerifier.create(sync).expectNext(5).verifyComplete();

    AtomicInteger again = new AtomicInteger();
    Mono<Integer> async =
        Stm.atomic(
            x.read()
                .flatMap(
                    seen -> {
                      if (again.incrementAndGet() == 1) {
                        x.write(6).block();
                        return Mono.error(new IllegalStateException("doomed"));
                      }
                      return Mono.just(seen);
                    }));
    StepVerifier.create(async).expectNext(6).verifyComplete();
  }

  // --- cancellation and time

  @Test
  void a_cancellation_at_any_point_writes_nothing() {
    for (int at = 0; at < 3; at++) {
      int point = at;
      Sinks.Empty<Void> never = Sinks.empty();
      AtomicBoolean rolledBack = new AtomicBoolean();
      Mono<Void> body =
          Stm.atomicMono(
              tx -> {
                tx.afterRollback(() -> rolledBack.set(true));
                return (point == 0 ? never.asMono() : Mono.<Void>empty())
                    .then(x.write(50))
                    .then(point == 1 ? never.asMono() : Mono.empty())
                    .then(y.write(60))
                    .then(point == 2 ? never.asMono() : Mono.empty());
              });
      Disposable running = body.subscribe();
      assertThat(never.currentSubscriberCount()).isEqualTo(1);

      running.dispose();

      assertThat(never.currentSubscriberCount()).isZero();
      assertThat(rolledBack).isTrue();
      assertThat(List.of(x.peek(), y.peek())).containsExactly(1, 2);
    }
  }

  @Test
  void a_cancellation_inside_a_synchronous_body_writes_nothing() {
    AtomicReference<Disposable> running = new AtomicReference<>();
    AtomicBoolean rolledBack = new AtomicBoolean();
    BaseSubscriber<Void> subscriber = new BaseSubscriber<>() {};
    running.set(subscriber);

    Stm.atomic(
            tx -> {
              tx.set(x, 50);
              tx.afterRollback(() -> rolledBack.set(true));
              running.get().dispose();
            })
        .subscribe(subscriber);

    assertThat(x.peek()).isEqualTo(1);
    assertThat(rolledBack).isTrue();
  }

  @Test
  void a_single_step_is_a_transaction_with_its_options() {
    StmOptions limited = StmOptions.defaults().name("slow").timeout(Duration.ofSeconds(5));

    StepVerifier.withVirtualTime(() -> Stm.atomic(limited, x.await(v -> v > 10)))
        .expectSubscription()
        .thenAwait(SOON)
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("'slow'"));
    assertThat(x.waiters()).isZero();
    StepVerifier.create(Stm.atomic(limited, Stm.readOnly(tx -> tx.get(x))))
        .expectNext(1)
        .verifyComplete();
  }

  @Test
  void a_single_step_is_undone_alone_inside_another_transaction() {
    Mono<Void> failing =
        Stm.atomic(
            x.update(
                v -> {
                  throw new IllegalStateException("step");
                }));

    StepVerifier.create(y.write(7).then(failing.onErrorComplete()).as(Stm::atomic))
        .verifyComplete();
    StepVerifier.create(failing).verifyErrorMessage("step");

    assertThat(List.of(x.peek(), y.peek())).containsExactly(1, 7);
  }

  @Test
  void a_time_out_at_any_point_writes_nothing() {
    StmOptions limited = StmOptions.defaults().name("slow").timeout(Duration.ofSeconds(5));
    for (int at = 0; at < 4; at++) {
      int point = at;
      StepVerifier.withVirtualTime(
              () ->
                  Stm.atomic(
                      limited,
                      x.write(50)
                          .then(point == 0 ? Mono.never() : Mono.empty())
                          .then(y.write(60))
                          .then(point == 1 ? Mono.delay(Duration.ofSeconds(6)) : Mono.empty())
                          .then(point == 2 ? Stm.retry() : Mono.empty())
                          .then(point == 3 ? z.read().then(Stm.retry()) : Mono.empty())))
          .expectSubscription()
          .thenAwait(SOON)
          .verifyErrorSatisfies(
              error -> {
                if (point == 2) {
                  assertThat(error).isInstanceOf(IllegalStateException.class);
                } else {
                  assertThat(error)
                      .isInstanceOf(ConflictException.class)
                      .hasMessageContaining("'slow'")
                      .hasMessageContaining("PT5S");
                }
              });
      assertThat(List.of(x.peek(), y.peek())).containsExactly(1, 2);
      assertThat(z.waiters()).isZero();
    }
  }

  @Test
  void a_limit_of_attempts_ends_in_a_conflict_exception() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<Void> loser =
        Stm.atomic(
            StmOptions.defaults().maxAttempts(3).name("loser"),
            tx -> {
              int seen = tx.get(x);
              attempts.incrementAndGet();
              x.write(seen + 1).block();
              tx.set(x, -1);
            });

    StepVerifier.create(loser)
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).isInstanceOf(ConflictException.class).hasMessageContaining("3");
              assertThat(((ConflictException) error).attempts()).isEqualTo(3);
            });
    assertThat(attempts).hasValue(3);
    assertThat(x.peek()).isEqualTo(4);
  }

  // --- retry

  @Test
  void retry_waits_until_a_ref_it_read_has_changed() {
    AtomicInteger runs = new AtomicInteger();
    Mono<Integer> waiting =
        Stm.atomic(
            tx -> {
              runs.incrementAndGet();
              tx.check(tx.get(x) > 10);
              return tx.get(x);
            });
    StepVerifier.create(waiting)
        .expectSubscription()
        .then(() -> assertThat(runs).hasValue(1))
        .then(() -> y.write(99).block())
        .then(() -> assertThat(x.waiters()).isEqualTo(1))
        .then(() -> x.write(11).block())
        .expectNext(11)
        .verifyComplete();
    assertThat(runs).hasValue(2);
    assertThat(x.waiters()).isZero();
  }

  @Test
  void retry_in_a_mono_body_waits_and_undoes() {
    Mono<Integer> waiting =
        y.write(77).then(x.read()).flatMap(v -> Stm.check(v > 10).thenReturn(v)).as(Stm::atomic);
    StepVerifier.create(waiting)
        .expectSubscription()
        .then(() -> assertThat(y.peek()).isEqualTo(2))
        .then(() -> assertThat(x.waiters()).isEqualTo(1))
        .then(() -> x.write(11).block())
        .expectNext(11)
        .verifyComplete();
    assertThat(y.peek()).isEqualTo(77);
    assertThat(x.waiters()).isZero();
  }

  @Test
  void a_cancelled_retry_leaves_nothing_behind() {
    List<Disposable> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(x.await(v -> v > 10).subscribe());
      waiting.add(Stm.atomic(x.await(v -> v > 10)).subscribe());
    }
    assertThat(x.waiters()).isEqualTo(200);
    Collections.shuffle(waiting);
    waiting.forEach(Disposable::dispose);
    assertThat(x.waiters()).isZero();
  }

  @Test
  void retry_without_a_read_fails_at_once() {
    StepVerifier.create(Stm.atomic((Transaction tx) -> tx.<Object>retry()))
        .verifyErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("read"));
    StepVerifier.create(Stm.atomic(Stm.retry())).verifyError(IllegalStateException.class);
    StepVerifier.create(Stm.retry()).verifyError(IllegalStateException.class);
  }

  @Test
  void wake_ups_arrive_on_the_chosen_scheduler() {
    Mono<String> byDefault = x.await(v -> v > 10).map(v -> Thread.currentThread().getName());
    StepVerifier.create(byDefault)
        .then(() -> x.write(11).block())
        .assertNext(name -> assertThat(name).startsWith("velox-hand-over"))
        .verifyComplete();
    Mono<String> chosen =
        Stm.atomic(
                StmOptions.defaults().scheduler(Schedulers.single()),
                tx -> {
                  tx.check(tx.get(x) > 20);
                  return 1;
                })
            .map(v -> Thread.currentThread().getName());
    StepVerifier.create(chosen)
        .then(() -> x.write(21).block())
        .assertNext(name -> assertThat(name).startsWith("single"))
        .verifyComplete();
  }

  // --- orElse

  @Test
  void or_else_undoes_only_its_left_side() {
    Mono<List<Integer>> sync =
        Stm.atomic(
            tx -> {
              tx.set(y, 20);
              return tx.orElse(
                  left -> {
                    left.set(x, 10);
                    left.set(y, 21);
                    return left.retry();
                  },
                  right -> List.of(right.get(x), right.get(y)));
            });
    Mono<List<Integer>> async =
        Stm.atomic(
            y.write(30)
                .then(
                    Stm.orElse(
                        x.write(10).then(y.write(31)).then(x.read()).then(Stm.retry()),
                        x.read().zipWith(y.read(), List::of))));

    StepVerifier.create(sync).expectNext(List.of(1, 20)).verifyComplete();
    StepVerifier.create(async).expectNext(List.of(1, 30)).verifyComplete();
    assertThat(List.of(x.peek(), y.peek())).containsExactly(1, 30);
  }

  @Test
  void or_else_keeps_its_left_side_if_that_goes_on() {
    Mono<Integer> sync =
        Stm.atomic(tx -> 0 + tx.orElse(left -> left.update(x, v -> v + 1), right -> right.get(y)));
    Mono<Integer> async = Stm.orElse(x.updateAndGet(v -> v + 1), y.read());

    StepVerifier.create(sync).expectNext(2).verifyComplete();
    StepVerifier.create(async).expectNext(3).verifyComplete();
    StepVerifier.create(Stm.orElse(Mono.error(new IllegalArgumentException("left")), y.read()))
        .verifyErrorMessage("left");
  }

  @Test
  void or_else_waits_on_both_sides() {
    for (TRef<Integer> changed : List.of(x, y)) {
      StepVerifier.create(
              Stm.atomic(
                  tx ->
                      0
                          + tx.<Integer>orElse(
                              left -> {
                                left.check(left.get(x) > 100);
                                return left.get(x);
                              },
                              right -> {
                                right.check(right.get(y) > 100);
                                return right.get(y);
                              })))
          .then(() -> changed.write(101).block())
          .expectNext(101)
          .verifyComplete();
      StepVerifier.create(Stm.orElse(x.await(v -> v > 200), y.await(v -> v > 200)))
          .then(() -> changed.write(201).block())
          .expectNext(201)
          .verifyComplete();
      assertThat(x.waiters() + y.waiters()).isZero();
      x.write(1).then(y.write(2)).block();
    }
  }

  @Test
  void or_else_nests_to_any_depth() {
    Mono<Integer> sync =
        Stm.atomic(
            tx ->
                0
                    + tx.<Integer>orElse(
                        a -> a.orElse(b -> b.retry(), c -> c.retry()),
                        d -> d.orElse(e -> e.retry(), f -> f.get(y))));
    Mono<Integer> async = y.read();
    for (int i = 0; i < 2000; i++) {
      async = Stm.orElse(x.read().then(Stm.retry()), async);
    }
    StepVerifier.create(sync).expectNext(2).verifyComplete();
    StepVerifier.create(async).expectNext(2).verifyComplete();
  }

  // --- nesting

  @Test
  void an_outer_body_that_catches_an_inner_error_undoes_the_inner_writes_only() {
    Mono<List<Integer>> sync =
        Stm.atomic(
            tx -> {
              tx.set(x, 10);
              try {
                tx.nested(
                    inner -> {
                      inner.set(x, 11);
                      inner.set(y, 12);
                      throw new IllegalArgumentException();
                    });
              } catch (IllegalArgumentException expected) {
                // goes on
              }
              return List.of(tx.get(x), tx.get(y));
            });
    Mono<Integer> async =
        Stm.atomic(
            x.write(20)
                .then(
                    Stm.atomic(
                            x.write(21)
                                .then(y.write(22))
                                .then(Mono.<Integer>error(new IllegalArgumentException())))
                        .onErrorResume(e -> x.read())));
    Mono<Integer> mixed =
        Stm.atomic(
            x.write(30)
                .then(
                    Stm.atomic(
                            (Transaction tx) -> {
                              tx.set(x, 31);
                              tx.set(y, 32);
                              throw new IllegalArgumentException();
                            })
                        .cast(Integer.class)
                        .onErrorResume(e -> x.read())));

    StepVerifier.create(sync).expectNext(List.of(10, 2)).verifyComplete();
    StepVerifier.create(async).expectNext(20).verifyComplete();
    assertThat(List.of(x.peek(), y.peek())).containsExactly(20, 2);
    StepVerifier.create(mixed).expectNext(30).verifyComplete();
    assertThat(List.of(x.peek(), y.peek())).containsExactly(30, 2);
  }

  @Test
  void a_cancelled_nested_block_writes_nothing() {
    Mono<Integer> body =
        Stm.atomic(
            Stm.atomic(x.write(9).then(Mono.<Integer>never()))
                .timeout(Duration.ofSeconds(1), x.read()));
    StepVerifier.withVirtualTime(() -> body)
        .expectSubscription()
        .thenAwait(Duration.ofSeconds(2))
        .expectNext(1)
        .verifyComplete();
    assertThat(x.peek()).isEqualTo(1);
  }

  // --- hooks

  @Test
  void hooks_run_once_according_to_the_outcome() {
    List<String> told = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> body =
        Stm.atomic(
            tx -> {
              int attempt = attempts.incrementAndGet();
              tx.afterCommit(() -> told.add("committed " + attempt + " x=" + x.peek()));
              tx.afterRollback(() -> told.add("rolled back " + attempt));
              int seen = tx.get(x);
              if (attempt == 1) {
                x.write(40).block();
              }
              try {
                tx.nested(
                    inner -> {
                      inner.afterCommit(() -> told.add("never"));
                      inner.afterRollback(() -> told.add("inner rolled back"));
                      throw new IllegalArgumentException();
                    });
              } catch (IllegalArgumentException expected) {
                // goes on
              }
              tx.set(x, seen + 1);
              return seen;
            });
    StepVerifier.create(body.doOnNext(v -> told.add("result"))).expectNext(40).verifyComplete();
    assertThat(told)
        .containsExactly(
            "inner rolled back",
            "rolled back 1",
            "inner rolled back",
            "committed 2 x=41",
            "result");

    told.clear();
    Mono<Void> async =
        Stm.atomicMono(
            tx -> {
              tx.afterCommit(() -> told.add("outer committed"));
              return Stm.atomicMono(
                      inner -> {
                        inner.afterCommit(() -> told.add("inner committed"));
                        return x.write(1);
                      })
                  .then();
            });
    StepVerifier.create(async).verifyComplete();
    assertThat(told).containsExactly("outer committed", "inner committed");
  }

  // --- the transaction and its life

  @Test
  void a_transaction_used_after_its_end_is_an_error() {
    AtomicReference<Transaction> leaked = new AtomicReference<>();
    Stm.atomic(leaked::set).block();
    assertThatThrownBy(() -> leaked.get().get(x))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended");
    assertThatThrownBy(() -> leaked.get().set(x, 7)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> leaked.get().retry()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> leaked.get().afterCommit(() -> {}))
        .isInstanceOf(IllegalStateException.class);

    Stm.atomic(Transaction.current().doOnNext(leaked::set)).block();
    assertThatThrownBy(() -> leaked.get().get(x))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended");
    assertThatThrownBy(() -> leaked.get().set(x, 7)).isInstanceOf(IllegalStateException.class);
    StepVerifier.create(x.write(8).contextWrite(c -> c.put(Transaction.class, leaked.get())))
        .verifyError(IllegalStateException.class);
    StepVerifier.create(
            Stm.atomic(x.write(8)).contextWrite(c -> c.put(Transaction.class, leaked.get())))
        .verifyError(IllegalStateException.class);
    assertThat(x.peek()).isEqualTo(1);
  }

  @Test
  void current_is_empty_outside_and_present_inside() {
    StepVerifier.create(Transaction.current()).verifyComplete();
    StepVerifier.create(Stm.atomic(Transaction.current().map(Transaction::attempt)))
        .expectNext(1)
        .verifyComplete();
  }

  @Test
  void the_subscribers_context_reaches_the_body() {
    Mono<String> body = Stm.atomic(x.read().then(Mono.deferContextual(c -> Mono.just(c.get("k")))));
    StepVerifier.create(body.contextWrite(c -> c.put("k", "v"))).expectNext("v").verifyComplete();
  }

  @Test
  void forbidden_effects_fail_inside_and_run_outside() {
    StepVerifier.create(Stm.forbidden(Mono.just(1))).expectNext(1).verifyComplete();
    StepVerifier.create(Stm.forbidden(Flux.just(1, 2))).expectNext(1, 2).verifyComplete();
    StepVerifier.create(Stm.atomic(x.write(3).then(Stm.forbidden(Mono.just(1)))))
        .verifyError(IllegalStateException.class);
    StepVerifier.create(Stm.atomic(x.write(3).then(Stm.forbidden(Flux.just(1)).next())))
        .verifyError(IllegalStateException.class);
    assertThat(x.peek()).isEqualTo(1);
  }

  @Test
  void parallel_branches_share_one_transaction() {
    for (int round = 0; round < 200; round++) {
      TRef<Integer> counter = TRef.of(0);
      Mono<Integer> body =
          Flux.range(0, 20)
              .flatMap(
                  i ->
                      i % 2 == 0
                          ? counter.update(v -> v + 1).subscribeOn(Schedulers.parallel())
                          : Stm.atomic(counter.read().flatMap(v -> counter.write(v + 1)))
                              .subscribeOn(Schedulers.parallel()))
              .then(counter.read())
              .as(Stm::atomic);
      assertThat(body.block(SOON)).isEqualTo(20);
      assertThat(counter.peek()).isEqualTo(20);
    }
  }

  // --- snapshots

  @Test
  void an_asynchronous_body_reads_one_snapshot_however_long_it_lasts() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<List<Integer>> body =
        Stm.atomicMono(
            tx -> {
              attempts.incrementAndGet();
              return x.read()
                  .delayElement(Duration.ofSeconds(1))
                  .flatMap(a -> y.read().map(b -> List.of(a, b)));
            });
    StepVerifier.withVirtualTime(() -> body)
        .expectSubscription()
        .then(() -> Stm.atomic(x.write(100).then(y.write(200))).block())
        .then(() -> y.write(300).block())
        .thenAwait(Duration.ofSeconds(1))
        .expectNext(List.of(1, 2))
        .verifyComplete();
    assertThat(attempts).hasValue(1);
  }

  @Test
  void versions_are_kept_only_while_a_snapshot_needs_them() {
    Sinks.Empty<Void> gate = Sinks.empty();
    Disposable reader = Stm.atomic(x.read().then(gate.asMono()).then(y.read())).subscribe();
    for (int i = 0; i < 1000; i++) {
      y.write(1000 + i).block();
    }
    assertThat(versions(y)).isEqualTo(2);
    reader.dispose();
    assertThat(versions(y)).isEqualTo(1);
  }

  @Test
  void a_snapshot_that_costs_too_much_is_given_up_and_the_body_runs_again() {
    List<TRef<Integer>> refs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      refs.add(TRef.of(0));
    }
    Sinks.Empty<Void> gate = Sinks.empty();
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> body =
        Stm.atomicMono(
            StmOptions.defaults().maxVersions(10),
            tx -> {
              attempts.incrementAndGet();
              return x.read().then(gate.asMono()).then(refs.get(0).read());
            });
    StepVerifier.create(body)
        .then(() -> refs.forEach(ref -> ref.write(1).block()))
        .then(() -> refs.forEach(ref -> assertThat(versions(ref)).isEqualTo(1)))
        .then(gate::tryEmitEmpty)
        .expectNext(1)
        .verifyComplete();
    assertThat(attempts).hasValue(2);
  }

  @Test
  void a_body_that_never_ends_keeps_nothing_for_ever() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      AtomicInteger attempts = new AtomicInteger();
      Disposable endless =
          Stm.atomicMono(
                  StmOptions.defaults().maxAge(Duration.ofSeconds(3)),
                  tx -> {
                    attempts.incrementAndGet();
                    return x.read().then(Mono.never());
                  })
              .subscribe();
      y.write(5).block();
      assertThat(versions(y)).isEqualTo(2);
      time.advanceTimeBy(Duration.ofSeconds(3));
      assertThat(versions(y)).isEqualTo(1);
      assertThat(attempts).hasValue(1);
      endless.dispose();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  static int versions(TRef<?> ref) {
    int count = 1;
    Object head = ref.head();
    while (head instanceof Version version && version.previous() != null) {
      head = version.previous();
      count++;
    }
    return count;
  }

  @Test
  void a_doomed_body_that_never_ends_is_stopped() {
    AtomicInteger attempts = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                Stm.atomicMono(
                    StmOptions.defaults().maxAge(Duration.ofSeconds(3)),
                    tx -> {
                      attempts.incrementAndGet();
                      return x.read()
                          .flatMap(v -> v == 1 ? Mono.never() : x.write(v + 1).thenReturn(v));
                    }))
        .expectSubscription()
        .then(() -> x.write(7).block())
        .thenAwait(Duration.ofSeconds(3))
        .expectNext(7)
        .verifyComplete();
    assertThat(attempts).hasValue(2);
    assertThat(x.peek()).isEqualTo(8);
  }

  @Test
  void from_the_second_attempt_a_body_that_can_no_longer_commit_is_cancelled_early() {
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    Sinks.Empty<Void> gate = Sinks.empty();
    Mono<Integer> body =
        Stm.atomicMono(
            tx -> {
              int value = tx.get(x);
              seen.add(value);
              tx.set(y, value);
              return switch (seen.size()) {
                case 1 -> gate.asMono().thenReturn(value);
                case 2 -> Mono.never();
                default -> Mono.just(value);
              };
            });
    StepVerifier.create(body)
        .then(() -> x.write(10).block())
        .then(gate::tryEmitEmpty)
        .then(
            () -> {
              assertThat(seen).containsExactly(1, 10);
              x.write(20).block();
            })
        .expectNext(20)
        .verifyComplete();
    assertThat(y.peek()).isEqualTo(20);
    assertThat(x.waiters()).isZero();
  }

  @Test
  void a_synchronous_body_that_waits_for_a_change_it_cannot_see_is_run_again() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<Integer> spinning =
        Stm.atomic(
            tx -> {
              int turn = attempts.incrementAndGet();
              int seen = tx.get(x);
              if (turn == 1) {
                x.write(9).block();
              }
              while (tx.get(x) == 1) {
                seen++;
              }
              return seen;
            });
    StepVerifier.create(spinning).expectNext(9).expectComplete().verify(SOON);
  }

  @Test
  void a_body_that_reads_the_same_for_ever_ends_when_it_is_cancelled() {
    BaseSubscriber<Void> subscriber = new BaseSubscriber<>() {};
    AtomicBoolean rolledBack = new AtomicBoolean();
    Mono<Void> spinning =
        Stm.atomic(
            tx -> {
              tx.afterRollback(() -> rolledBack.set(true));
              subscriber.dispose();
              while (tx.get(x) == 1) {
                tx.ensure(y);
              }
            });
    Tasks.run(1, task -> spinning.subscribe(subscriber));
    assertThat(rolledBack).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 20, 200})
  void a_body_that_only_reads_sees_again_what_it_saw_though_that_has_changed(int count) {
    List<TRef<Integer>> refs = IntStream.range(0, count).mapToObj(i -> TRef.of(0)).toList();
    Function<Transaction, Integer> sum = tx -> refs.stream().mapToInt(tx::get).sum();
    AtomicInteger attempts = new AtomicInteger();
    Function<Transaction, Integer> twice =
        tx -> {
          int first = sum.apply(tx);
          if (attempts.incrementAndGet() == 1) {
            refs.forEach(ref -> ref.write(1).block());
          }
          return first + sum.apply(tx);
        };
    StepVerifier.create(Stm.atomic(twice)).expectNext(0).expectComplete().verify(SOON);
    assertThat(attempts).hasValue(1);
    refs.forEach(ref -> ref.write(0).block());
    attempts.set(0);
    StepVerifier.create(Stm.atomicMono(tx -> Mono.just(twice.apply(tx))))
        .expectNext(0)
        .expectComplete()
        .verify(SOON);
    assertThat(attempts).hasValue(1);
  }

  // --- commute, ensure, read-only

  @Test
  void commuted_changes_make_no_conflict() {
    AtomicInteger attempts = new AtomicInteger();
    Mono<Void> body =
        Stm.atomic(
            tx -> {
              tx.commute(x, v -> v + 1);
              if (attempts.incrementAndGet() == 1) {
                x.write(100).block();
              }
              tx.commute(x, v -> v * 2);
            });
    StepVerifier.create(body).verifyComplete();
    assertThat(attempts).hasValue(1);
    assertThat(x.peek()).isEqualTo(202);

    AtomicInteger asyncAttempts = new AtomicInteger();
    Mono<Void> async =
        Stm.atomicMono(
            tx -> {
              asyncAttempts.incrementAndGet();
              tx.commute(x, v -> v + 1);
              x.write(10).block();
              return Mono.empty();
            });
    StepVerifier.create(async).verifyComplete();
    assertThat(asyncAttempts).hasValue(1);
    assertThat(x.peek()).isEqualTo(11);
  }

  @Test
  void a_commuted_ref_that_is_read_is_an_ordinary_update() {
    StepVerifier.create(
            Stm.atomic(
                tx -> {
                  tx.commute(x, v -> v + 1);
                  int seen = tx.get(x);
                  tx.commute(x, v -> v + 1);
                  return List.of(seen, tx.get(x));
                }))
        .expectNext(List.of(2, 3))
        .verifyComplete();
    StepVerifier.create(
            Stm.atomicMono(
                tx -> {
                  tx.commute(x, v -> v + 1);
                  int seen = tx.get(x);
                  tx.commute(x, v -> v + 1);
                  return Mono.just(List.of(seen, tx.get(x)));
                }))
        .expectNext(List.of(4, 5))
        .verifyComplete();
    assertThat(x.peek()).isEqualTo(5);
  }

  @Test
  void a_commuted_ref_that_was_read_before_makes_a_conflict() {
    AtomicInteger attempts = new AtomicInteger();
    Consumer<Transaction> body =
        tx -> {
          int seen = tx.get(x);
          if (attempts.incrementAndGet() == 1) {
            x.write(10).block();
          }
          tx.commute(x, v -> v + seen);
        };
    StepVerifier.create(Stm.atomic(body)).expectComplete().verify(SOON);
    assertThat(attempts).hasValue(2);
    assertThat(x.peek()).isEqualTo(20);
  }

  @Test
  void ensure_insists_on_the_present_where_a_read_does_not() {
    for (boolean ensured : new boolean[] {true, false}) {
      x.write(1).block();
      AtomicInteger attempts = new AtomicInteger();
      Mono<Integer> body =
          Stm.atomic(
              tx -> {
                int seen = ensured ? tx.ensure(x) : tx.get(x);
                if (attempts.incrementAndGet() == 1) {
                  x.write(5).block();
                }
                return seen;
              });
      StepVerifier.create(body).expectNext(ensured ? 5 : 1).verifyComplete();
    }
  }

  @Test
  void a_read_only_transaction_cannot_write() {
    StepVerifier.create(
            Stm.readOnly(
                tx -> {
                  tx.set(x, 3);
                  return 1;
                }))
        .verifyErrorMessage("the transaction is read-only");
    StepVerifier.create(Stm.readOnly(tx -> tx.get(x) + tx.get(y))).expectNext(3).verifyComplete();
  }

  @Test
  void a_read_only_transaction_reads_one_instant() {
    AtomicInteger attempts = new AtomicInteger();
    StepVerifier.create(
            Stm.readOnly(
                tx -> {
                  attempts.incrementAndGet();
                  int first = tx.get(x);
                  Stm.atomic(x.update(v -> v + 10).then(y.update(v -> v + 10))).block();
                  return tx.get(y) - first;
                }))
        .expectNext(1)
        .verifyComplete();
    assertThat(attempts).hasValue(2);
  }

  @Test
  void a_read_only_transaction_may_retry() {
    StepVerifier.create(
            Stm.readOnly(
                tx -> {
                  tx.check(tx.get(x) > 5);
                  return tx.get(x);
                }))
        .then(() -> x.write(6).block())
        .expectNext(6)
        .verifyComplete();
  }

  // --- live, changes

  @Test
  void live_emits_again_when_something_it_read_has_changed() {
    TRef<Boolean> useX = TRef.of(true);
    StepVerifier.create(Stm.live(tx -> tx.get(useX) ? tx.get(x) : tx.get(y)))
        .expectNext(1)
        .then(() -> x.write(5).block())
        .expectNext(5)
        .then(() -> y.write(6).block())
        .then(() -> useX.write(false).block())
        .expectNext(6)
        .then(() -> assertThat(x.waiters()).isZero())
        .then(() -> y.write(7).block())
        .expectNext(7)
        .thenCancel()
        .verify(SOON);
    assertThat(x.waiters() + y.waiters() + useX.waiters()).isZero();
  }

  @Test
  void live_needs_something_to_live_on() {
    StepVerifier.create(Stm.live(tx -> 1)).verifyError(IllegalStateException.class);
  }

  @Test
  void changes_respects_demand_and_gives_slow_readers_the_latest() {
    StepVerifier.create(x.changes(), 0)
        .thenRequest(1)
        .expectNext(1)
        .then(
            () -> {
              for (int i = 2; i <= 100; i++) {
                x.write(i).block();
              }
            })
        .thenRequest(1)
        .expectNext(100)
        .thenRequest(1)
        .then(() -> x.write(100).block())
        .then(() -> x.write(101).block())
        .expectNext(101)
        .thenCancel()
        .verify(SOON);
    assertThat(x.waiters()).isZero();
  }

  // --- metrics, scanning

  @Test
  void the_listener_hears_of_commits_conflicts_waits_and_ends() {
    Recorder told = new Recorder();
    StmOptions options = StmOptions.defaults().metrics(told);
    AtomicInteger attempts = new AtomicInteger();
    Stm.atomic(
            options,
            tx -> {
              int seen = tx.get(x);
              if (attempts.incrementAndGet() == 1) {
                x.write(seen + 1).block();
              }
              tx.set(x, 70);
            })
        .block();
    Mono<Integer> waiting =
        Stm.atomic(
            options,
            tx -> {
              tx.check(tx.get(x) == 71);
              return 1;
            });
    StepVerifier.create(waiting).then(() -> x.write(71).block()).expectNext(1).verifyComplete();
    StepVerifier.create(Stm.atomic(options, (Transaction tx) -> failAt(0, 0))).verifyError();
    Stm.atomic(options, Mono.never()).subscribe().dispose();
    StepVerifier.create(Stm.atomic(options.timeout(Duration.ofMillis(1)), Mono.never()))
        .verifyError(ConflictException.class);

    assertThat(told.events())
        .containsEntry(Event.COMMITTED, 2)
        .containsEntry(Event.CONFLICTED, 1)
        .containsEntry(Event.RETRIED, 1)
        .containsEntry(Event.FAILED, 1)
        .containsEntry(Event.CANCELLED, 1)
        .containsEntry(Event.TIMED_OUT, 1);
    assertThat(told.timings()).containsEntry(Timing.WAIT, 1).containsEntry(Timing.RUN, 5);
  }

  @Test
  void publishers_and_subscriptions_are_scannable() {
    Mono<Integer> named = Stm.atomic(StmOptions.defaults().name("n"), x.read());
    assertThat(Scannable.from(named).scan(Scannable.Attr.NAME)).isEqualTo("n");
    AtomicReference<Scannable> seen = new AtomicReference<>();
    Disposable running =
        Stm.atomic(StmOptions.defaults().name("n"), Mono.never())
            .doOnSubscribe(s -> seen.set(Scannable.from(s)))
            .subscribe();
    assertThat(seen.get().scan(Scannable.Attr.NAME)).isEqualTo("n");
    assertThat(seen.get().scan(Scannable.Attr.CANCELLED)).isFalse();
    running.dispose();
    assertThat(seen.get().scan(Scannable.Attr.CANCELLED)).isTrue();
  }
}
