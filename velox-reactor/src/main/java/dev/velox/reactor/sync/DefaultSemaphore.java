package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A semaphore is a gate with permits. */
final class DefaultSemaphore implements Semaphore {

  private final Gate gate;

  DefaultSemaphore(int permits, SyncOptions options) {
    this.gate =
        new Gate(
            Gate.Kind.SEMAPHORE,
            Args.notNegative(permits, "permits"),
            Args.notNull(options, "options").of(Gate.Kind.SEMAPHORE.told));
    gate.options.offer(Level.WAITING, gate, Gate::waiting);
    gate.options.offer(Level.ACTIVE, gate, Gate::held);
  }

  @Override
  public <T> Mono<T> withPermit(Mono<T> body) {
    return GuardedMono.of(gate, 1, Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Flux<T> withPermit(Flux<T> body) {
    return GuardedFlux.of(gate, 1, Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Mono<T> withPermits(int permits, Mono<T> body) {
    return GuardedMono.of(
        gate, Args.positive(permits, "permits"), Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Flux<T> withPermits(int permits, Flux<T> body) {
    return GuardedFlux.of(
        gate, Args.positive(permits, "permits"), Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Mono<T> withPermits(int permits, Mono<T> body, Duration maxWait) {
    return GuardedMono.of(
        gate,
        Args.positive(permits, "permits"),
        Args.notNull(body, "body"),
        Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public <T> Flux<T> withPermits(int permits, Flux<T> body, Duration maxWait) {
    return GuardedFlux.of(
        gate,
        Args.positive(permits, "permits"),
        Args.notNull(body, "body"),
        Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public <T> UnaryOperator<Flux<T>> limit(int permits) {
    Args.positive(permits, "permits");
    return body -> withPermits(permits, body);
  }

  @Override
  public Mono<Lease> acquire() {
    return AcquireMono.of(gate, 1, null);
  }

  @Override
  public Mono<Lease> acquire(int permits) {
    return AcquireMono.of(gate, Args.positive(permits, "permits"), null);
  }

  @Override
  public Mono<Lease> acquire(int permits, Duration maxWait) {
    return AcquireMono.of(
        gate, Args.positive(permits, "permits"), Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public Optional<Lease> tryAcquire(int permits) {
    return AcquireMono.atOnce(gate, Args.positive(permits, "permits"));
  }

  @Override
  public void resize(int permits) {
    gate.signal(gate.resize(Args.notNegative(permits, "permits")));
  }

  @Override
  public int permits() {
    return gate.total();
  }

  @Override
  public int available() {
    return gate.free();
  }

  @Override
  public int waiting() {
    return gate.waiting();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return gate.scanUnsafe(key);
  }

  @Override
  public String toString() {
    return gate.toString();
  }
}
