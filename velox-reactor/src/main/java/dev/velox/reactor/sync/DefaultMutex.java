package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A mutex is a gate with one permit. */
final class DefaultMutex implements Mutex {

  final Gate gate;

  DefaultMutex(Gate.Kind kind, SyncOptions options) {
    this.gate = new Gate(kind, 1, Args.notNull(options, "options").of(kind.told));
    gate.options.offer(Level.WAITING, gate, Gate::waiting);
  }

  @Override
  public <T> Mono<T> withLock(Mono<T> body) {
    return GuardedMono.of(gate, 1, Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Mono<T> withLock(Mono<T> body, Duration maxWait) {
    return GuardedMono.of(
        gate, 1, Args.notNull(body, "body"), Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public <T> Flux<T> withLock(Flux<T> body) {
    return GuardedFlux.of(gate, 1, Args.notNull(body, "body"), null);
  }

  @Override
  public <T> Flux<T> withLock(Flux<T> body, Duration maxWait) {
    return GuardedFlux.of(
        gate, 1, Args.notNull(body, "body"), Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public Mono<Lease> lock() {
    return AcquireMono.of(gate, 1, null);
  }

  @Override
  public Mono<Lease> lock(Duration maxWait) {
    return AcquireMono.of(gate, 1, Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public Optional<Lease> tryLock() {
    return AcquireMono.atOnce(gate, 1);
  }

  @Override
  public boolean unlock(Lease lease) {
    return gate.own(lease).release();
  }

  @Override
  public Condition newCondition() {
    return new DefaultCondition(gate);
  }

  @Override
  public boolean isLocked() {
    return gate.free() <= 0;
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
