package dev.velox.benchmarks.stm;

import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Velox with Mono bodies: the transaction travels in the Context. */
final class VeloxMono extends VeloxSync {

  @Override
  void incrementOnce() {
    run(Stm.atomic(counter.update(v -> v + 1)));
  }

  @Override
  void transferOnce(int from, int to) {
    run(
        Stm.atomic(
            accounts.get(from).update(v -> v - 1).then(accounts.get(to).update(v -> v + 1))));
  }

  @Override
  void readTen(int first) {
    int ignored =
        run(
            Stm.atomic(
                Flux.fromIterable(accounts.subList(first, first + 10))
                    .concatMap(TRef::read)
                    .reduce(Integer::sum)));
  }

  @Override
  long sumOnce() {
    return run(
        Stm.atomic(
            Flux.fromIterable(accounts).concatMap(TRef::read).reduce(0L, (sum, v) -> sum + v)));
  }

  @Override
  void swap(int expected, int next) {
    run(
        Stm.atomic(
            counter.read().flatMap(v -> Stm.check(v == expected)).then(counter.write(next))));
  }

  @Override
  public long handOff(int times) throws Exception {
    Mono<Void> there =
        Stm.atomic(counter.read().flatMap(v -> Stm.check(v == 0)).then(counter.write(1)));
    Mono<Void> back =
        Stm.atomic(counter.read().flatMap(v -> Stm.check(v == 1)).then(counter.write(0)));
    dev.velox.benchmarks.Threads.await(
        Mono.when(there.repeat(times - 1L), back.repeat(times - 1L)).toFuture());
    return counter();
  }
}
