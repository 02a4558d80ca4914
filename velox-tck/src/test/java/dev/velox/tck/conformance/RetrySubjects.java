package dev.velox.tck.conformance;

import dev.velox.reactor.retry.Hedge;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code retry} offers. */
final class RetrySubjects {

  private static final RetryPolicy POLICY =
      new RetryPolicy(3, attempt -> Duration.ZERO, error -> true);

  private final List<Subject> subjects = new ArrayList<>();

  private RetrySubjects() {}

  static List<Subject> all() {
    RetrySubjects all = new RetrySubjects();
    all.one("RetryPolicy.execute(Supplier)", call -> POLICY.execute(() -> call));
    all.one(
        "RetryPolicy.executeAttempts(Function)", call -> POLICY.executeAttempts(attempt -> call));
    all.one("RetryPolicy.generateCompanion(Flux)", call -> call.retryWhen(POLICY));
    all.one(
        "Hedge.execute(Supplier)", call -> Hedge.after(Duration.ofMinutes(1)).execute(() -> call));
    all.many("RetryPolicy.executeFlux(Supplier)", calls -> POLICY.executeFlux(() -> calls));
    all.many(
        "RetryPolicy.executeFlux(Supplier, Function)",
        calls -> POLICY.executeFlux(() -> calls, last -> calls));
    all.many(
        "RetryPolicy.operator()", calls -> Flux.from(calls.transform(POLICY.<Long>operator())));
    return all.subjects;
  }

  private static Mono<Long> failed() {
    return Mono.error(new IllegalStateException("failed"));
  }

  /** A call that fails at first, so that what is tested is the one that is tried again. */
  private void one(String covers, Function<Mono<Long>, Mono<Long>> retried) {
    boolean hedge = covers.startsWith("Hedge");
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(
                    covers, () -> retried.apply(hedge ? Mono.just(1L) : second()))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> retried.apply(failed()))
                .empty(() -> retried.apply(Mono.empty()))
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          retried.apply(gate.asMono()), () -> gate.tryEmitValue(1L));
                    })));
  }

  private static Mono<Long> second() {
    AtomicInteger calls = new AtomicInteger();
    return Mono.defer(() -> calls.getAndIncrement() % 2 == 0 ? failed() : Mono.just(1L));
  }

  private void many(String covers, Function<Flux<Long>, Flux<Long>> retried) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.of(covers, n -> retried.apply(Longs.upTo(n)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> retried.apply(Flux.from(failed())))
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          retried.apply(gate.asMono().flux()), () -> gate.tryEmitValue(1L));
                    })));
  }
}
