package dev.velox.reactor.sync;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A condition of a mutex's gate. */
final class DefaultCondition implements Condition {

  final Gate gate;
  final ConditionCore core;

  DefaultCondition(Gate gate) {
    this.gate = gate;
    this.core = new ConditionCore(gate);
  }

  @Override
  public Mono<Void> await() {
    return AwaitMono.signal(this, null);
  }

  @Override
  public Mono<Void> await(BooleanSupplier predicate) {
    return until(Args.notNull(predicate, "predicate"), await());
  }

  @Override
  public Mono<Void> await(Lease lease) {
    return AwaitMono.signal(this, gate.own(lease));
  }

  @Override
  public Mono<Void> await(Lease lease, BooleanSupplier predicate) {
    return until(Args.notNull(predicate, "predicate"), await(lease));
  }

  private static Mono<Void> until(BooleanSupplier predicate, Mono<Void> signal) {
    return Mono.defer(
        () ->
            predicate.getAsBoolean()
                ? Mono.empty()
                : signal.repeat(() -> !predicate.getAsBoolean()).then());
  }

  @Override
  public Mono<Boolean> await(Lease lease, Duration maxWait) {
    return AwaitMono.signal(this, gate.own(lease), Args.notNegative(maxWait, "maxWait"));
  }

  @Override
  public boolean signal() {
    ConditionRequest woken = core.next();
    if (woken == null) {
      return false;
    }
    gate.signal(core.readmit(woken));
    return true;
  }

  @Override
  public int broadcast() {
    int[] count = new int[1];
    core.all()
        .forEach(
            waiting -> {
              if (waiting.wake(ConditionRequest.Phase.BROADCAST)) {
                count[0]++;
                gate.signal(core.readmit(waiting));
              }
            });
    return count[0];
  }

  @Override
  public int waiting() {
    return core.waiting();
  }

  /** The lease of the section around a wait. */
  @Nullable LeasedRequest leaseAround(reactor.util.context.Context context) {
    Hold hold = context.getOrDefault(gate, null);
    return hold == null ? null : hold.lease();
  }

  @Override
  public String toString() {
    return "condition of " + gate;
  }
}
