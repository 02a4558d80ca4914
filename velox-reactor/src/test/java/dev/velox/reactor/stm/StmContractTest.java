package dev.velox.reactor.stm;

import dev.velox.reactor.testing.ConstructContract;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The publishers of this package under the table of contracts. What concerns waiters is tested in
 * {@link StmTest} and {@link StmRaceTest}: a wake-up runs all who wait for a ref again, so "release
 * one" has no meaning here.
 */
class StmContractTest extends ConstructContract {

  @Override
  protected void construct() {
    TRef<Integer> ref = TRef.of(1);
    publisher("atomic, synchronous", () -> Stm.atomic(tx -> 0 + tx.get(ref)));
    publisher("atomic, Mono", () -> Stm.atomic(ref.read().hide()));
    publisher("atomic, Mono of a single step", () -> Stm.atomic(ref.read()));
    publisher("read-only", () -> Stm.readOnly(tx -> tx.get(ref)));
    publisher("or else", () -> Stm.orElse(ref.read(), ref.read()));
    publisher("retry", Stm::retry);
    publisher("live", () -> Stm.live(tx -> tx.get(ref)));
    publisher("changes", ref::changes);
    publisher("read", ref::read);
    publisher("update", () -> ref.update(v -> v));
    publisher("forbidden", () -> Stm.forbidden(Mono.just(1)));
    publisher("forbidden flux", () -> Stm.forbidden(Flux.just(1)));

    badArgument("null value", NullPointerException.class, () -> TRef.of(null), "value");
    badArgument("null body", NullPointerException.class, () -> Stm.readOnly(null), "body");
    badArgument(
        "no attempts",
        IllegalArgumentException.class,
        () -> StmOptions.defaults().maxAttempts(0),
        "maxAttempts",
        "0");
    badArgument(
        "no time",
        IllegalArgumentException.class,
        () -> StmOptions.defaults().timeout(Duration.ZERO),
        "timeout",
        "PT0S");
    badArgument(
        "capacity 0", IllegalArgumentException.class, () -> TQueue.bounded(0), "capacity", "0");
  }
}
