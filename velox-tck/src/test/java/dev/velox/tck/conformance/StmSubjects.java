package dev.velox.tck.conformance;

import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TArray;
import dev.velox.reactor.stm.TMap;
import dev.velox.reactor.stm.TPriorityQueue;
import dev.velox.reactor.stm.TPromise;
import dev.velox.reactor.stm.TQueue;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.stm.TSemaphore;
import dev.velox.reactor.stm.TSet;
import dev.velox.reactor.stm.Transaction;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the package {@code stm} offers. */
final class StmSubjects {

  private static final StmOptions OPTIONS = StmOptions.defaults();

  private final List<Subject> subjects = new ArrayList<>();

  private StmSubjects() {}

  static List<Subject> all() {
    StmSubjects all = new StmSubjects();
    all.transactions();
    all.parts();
    all.streams();
    all.refs();
    all.collections();
    all.waitingCollections();
    return all.subjects;
  }

  private static IllegalStateException failure() {
    return new IllegalStateException("failed");
  }

  private static Long fail() {
    throw failure();
  }

  // ---- transactions ----

  private void transactions() {
    plain("Stm.atomic(Function)", body -> Stm.atomic(body));
    plain("Stm.atomic(StmOptions, Function)", body -> Stm.atomic(OPTIONS, body));
    plain("Stm.readOnly(Function)", body -> Stm.readOnly(body));
    plain("Stm.readOnly(StmOptions, Function)", body -> Stm.readOnly(OPTIONS, body));
    plain("Stm.atomicMono(Function)", body -> Stm.atomicMono(tx -> Mono.just(body.apply(tx))));
    plain(
        "Stm.atomicMono(StmOptions, Function)",
        body -> Stm.atomicMono(OPTIONS, tx -> Mono.just(body.apply(tx))));
    acting("Stm.atomic(Consumer)", body -> Stm.atomic(body));
    acting("Stm.atomic(StmOptions, Consumer)", body -> Stm.atomic(OPTIONS, body));
    mono("Stm.atomic(Mono)", body -> Stm.atomic(body));
    mono("Stm.atomic(StmOptions, Mono)", body -> Stm.atomic(OPTIONS, body));
  }

  private void plain(String covers, Function<Function<Transaction, Long>, Mono<Long>> atomic) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(
                    covers,
                    () -> {
                      TRef<Long> ref = TRef.of(1L);
                      return atomic.apply(tx -> tx.get(ref));
                    })
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> atomic.apply(tx -> fail()))
                .cannotBeEmpty("a plain body has a result")
                .waiting(
                    () -> {
                      TRef<Boolean> open = TRef.of(false);
                      return new Waiting<>(
                          atomic.apply(
                              tx -> {
                                tx.check(tx.get(open));
                                return 1L;
                              }),
                          () -> open.write(true).subscribe());
                    })));
  }

  private void acting(String covers, Function<Consumer<Transaction>, Mono<Void>> atomic) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.completion(
                    covers,
                    () -> {
                      TRef<Long> ref = TRef.of(1L);
                      return atomic.apply(tx -> tx.set(ref, 2L));
                    })
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> atomic.apply(tx -> fail()))
                .waiting(
                    () -> {
                      TRef<Boolean> open = TRef.of(false);
                      return new Waiting<>(
                          atomic.apply(tx -> tx.check(tx.get(open))),
                          () -> open.write(true).subscribe());
                    })));
  }

  private void mono(String covers, Function<Mono<Long>, Mono<Long>> atomic) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> atomic.apply(TRef.of(1L).read()))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> atomic.apply(Mono.error(failure())))
                .empty(() -> atomic.apply(Mono.empty()))
                .waiting(
                    () -> {
                      TRef<Boolean> open = TRef.of(false);
                      return new Waiting<>(
                          atomic.apply(open.read().flatMap(Stm::check).thenReturn(1L)),
                          () -> open.write(true).subscribe());
                    })));
  }

  // ---- what stands inside a transaction ----

  private void parts() {
    subjects.add(
        new Subject(
            "Stm.check(boolean)",
            PublisherConformance.completion(
                    "Stm.check(boolean)", () -> Stm.check(true).as(Stm::atomic))
                .fanOut(FanOut.MULTICAST)
                .failing(() -> Stm.check(false))
                .waiting(
                    () -> {
                      TRef<Boolean> open = TRef.of(false);
                      return new Waiting<>(
                          open.read().flatMap(Stm::check).as(Stm::atomic),
                          () -> open.write(true).subscribe());
                    })));
    subjects.add(
        new Subject(
            "Stm.retry()",
            inTransaction(
                "Stm.retry()", open -> open ? Mono.just(1L) : Stm.retry(), Stm::<Long>retry)));
    subjects.add(
        new Subject(
            "Stm.orElse(Mono, Mono)",
            inTransaction(
                "Stm.orElse(Mono, Mono)",
                open -> Stm.orElse(Stm.retry(), open ? Mono.just(1L) : Stm.retry()),
                () -> Stm.orElse(Mono.<Long>error(failure()), Mono.just(1L)).as(Stm::atomic))));
    subjects.add(
        new Subject(
            "Transaction.current()",
            PublisherConformance.single(
                    "Transaction.current()",
                    () -> Transaction.current().thenReturn(1L).as(Stm::atomic))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("it looks into the context")
                .empty(() -> Transaction.current().map(tx -> 1L))));
    subjects.add(
        new Subject(
            "Stm.forbidden(Mono)",
            PublisherConformance.single("Stm.forbidden(Mono)", () -> Stm.forbidden(Mono.just(1L)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> Stm.forbidden(Mono.just(1L)).as(Stm::atomic))
                .empty(() -> Stm.forbidden(Mono.empty()))));
    subjects.add(
        new Subject(
            "Stm.forbidden(Flux)",
            PublisherConformance.of("Stm.forbidden(Flux)", n -> Stm.forbidden(Longs.upTo(n)))
                .fanOut(FanOut.MULTICAST)
                .failing(() -> Stm.forbidden(Flux.error(failure())))));
  }

  private static PublisherConformance<Long> inTransaction(
      String name, Function<Boolean, Mono<Long>> part, Supplier<Mono<Long>> failing) {
    return PublisherConformance.single(
            name, () -> TRef.of(true).read().flatMap(part).as(Stm::atomic))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(failing)
        .cannotBeEmpty("ends with a value")
        .waiting(
            () -> {
              TRef<Boolean> open = TRef.of(false);
              return new Waiting<>(
                  open.read().flatMap(part).as(Stm::atomic), () -> open.write(true).subscribe());
            });
  }

  // ---- streams ----

  private void streams() {
    subjects.add(
        new Subject(
            "TRef.changes()",
            PublisherConformance.of("TRef.changes()", n -> counted(n, TRef::changes))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("a reference has nothing that could fail")
                .waiting(StmSubjects::nextChange)));
    subjects.add(
        new Subject(
            "Stm.live(Function)",
            PublisherConformance.of(
                    "Stm.live(Function)", n -> counted(n, ref -> Stm.live(tx -> tx.get(ref))))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> Stm.live(tx -> fail()))
                .waiting(
                    () -> {
                      TRef<Boolean> open = TRef.of(false);
                      return new Waiting<>(
                          Stm.live(
                              tx -> {
                                tx.check(tx.get(open));
                                return 1L;
                              }),
                          () -> open.write(true).subscribe());
                    })));
  }

  /** Each subscriber has a reference of its own, which changes when it has seen the last change. */
  private static Flux<Long> counted(long count, Function<TRef<Long>, Flux<Long>> view) {
    return Flux.defer(
        () -> {
          TRef<Long> ref = TRef.of(0L);
          return view.apply(ref).doOnNext(seen -> ref.write(seen + 1).subscribe()).take(count);
        });
  }

  private static Waiting<Long> nextChange() {
    TRef<Long> ref = TRef.of(0L);
    return new Waiting<>(ref.changes().skip(1), () -> ref.write(1L).subscribe());
  }

  // ---- references ----

  private void refs() {
    value("TRef.read()", () -> TRef.of(1L).read());
    done("TRef.write(Object)", () -> TRef.of(1L).write(2L));
    subjects.add(
        new Subject(
            "TRef.update(Function)",
            PublisherConformance.completion(
                    "TRef.update(Function)", () -> TRef.of(1L).update(x -> x))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> TRef.of(1L).update(x -> fail()))));
    updated("TRef.updateAndGet(Function)", TRef::updateAndGet);
    updated("TRef.getAndUpdate(Function)", TRef::getAndUpdate);
    subjects.add(
        new Subject(
            "TRef.await(Predicate)",
            PublisherConformance.single(
                    "TRef.await(Predicate)", () -> TRef.of(1L).await(x -> x == 1))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> TRef.of(1L).await(x -> fail() > 0))
                .cannotBeEmpty("completes with the value")
                .waiting(
                    () -> {
                      TRef<Long> ref = TRef.of(0L);
                      return new Waiting<>(ref.await(x -> x == 1), () -> ref.write(1L).subscribe());
                    })));
  }

  /** A function that leaves the value as it is gives all subscribers the same. */
  private interface Update {
    Mono<Long> of(TRef<Long> ref, Function<Long, Long> function);
  }

  private void updated(String covers, Update update) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> update.of(TRef.of(1L), x -> x))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> update.of(TRef.of(1L), x -> fail()))
                .cannotBeEmpty("completes with a value")));
  }

  private <T> void value(String covers, Supplier<Mono<T>> operation) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, operation)
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")
                .cannotBeEmpty("completes with a value")));
  }

  private <T> void maybe(String covers, Supplier<Mono<T>> operation, Supplier<Mono<T>> empty) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, operation)
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")
                .empty(empty)));
  }

  private <T> void waits(String covers, Supplier<Mono<T>> operation, Supplier<Waiting<T>> waiting) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, operation)
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")
                .cannotBeEmpty("waits for a value")
                .waiting(waiting)));
  }

  private void done(String covers, Supplier<Mono<Void>> operation) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.completion(covers, operation)
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")));
  }

  // ---- collections ----

  private static TMap<String, Long> map() {
    TMap<String, Long> map = TMap.empty();
    map.put("a", 1L).subscribe();
    return map;
  }

  private static TSet<Long> set() {
    TSet<Long> set = TSet.empty();
    set.add(1L).subscribe();
    return set;
  }

  private static TQueue<Long> queue() {
    TQueue<Long> queue = TQueue.unbounded();
    for (long element = 0; element < 100; element++) {
      queue.put(element).subscribe();
    }
    return queue;
  }

  private static TPriorityQueue<Long> line() {
    TPriorityQueue<Long> line = TPriorityQueue.natural();
    for (long element = 0; element < 100; element++) {
      line.put(element).subscribe();
    }
    return line;
  }

  private void collections() {
    value("TArray.toList()", () -> TArray.of(3, i -> (long) i).toList());
    maybe("TMap.get(Object)", () -> map().get("a"), () -> map().get("b"));
    value("TMap.size()", () -> map().size());
    value("TMap.toMap()", () -> map().toMap());
    maybe("TMap.put(Object, Object)", () -> map().put("a", 2L), () -> map().put("b", 2L));
    subjects.add(
        new Subject(
            "TMap.remove(Object)",
            PublisherConformance.single(
                    "TMap.remove(Object)", () -> Mono.defer(() -> map().remove("a")))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("it has nothing that could fail")
                .empty(() -> map().remove("b"))));
    value("TSet.add(Object)", () -> set().add(2L));
    value("TSet.contains(Object)", () -> set().contains(1L));
    value("TSet.remove(Object)", () -> set().remove(1L));
    value("TSet.size()", () -> set().size());
    value("TSet.toSet()", () -> set().toSet());
    value("TQueue.offer(Object)", () -> queue().offer(1L));
    maybe("TQueue.poll()", () -> queue().poll(), () -> TQueue.<Long>unbounded().poll());
    value("TQueue.size()", () -> queue().size());
    done("TPriorityQueue.put(Object)", () -> line().put(1L));
    maybe(
        "TPriorityQueue.poll()", () -> line().poll(), () -> TPriorityQueue.<Long>natural().poll());
    value("TPriorityQueue.size()", () -> line().size());
    value("TPromise.complete(Object)", () -> TPromise.<Long>empty().complete(1L));
    value("TSemaphore.available()", () -> TSemaphore.of(1).available());
    done("TSemaphore.release()", () -> TSemaphore.of(1).release());
  }

  private void waitingCollections() {
    waits(
        "TMap.await(Object)",
        () -> map().await("a"),
        () -> {
          TMap<String, Long> map = TMap.empty();
          return new Waiting<>(map.await("a"), () -> map.put("a", 1L).subscribe());
        });
    waits(
        "TQueue.take()",
        () -> queue().take(),
        () -> {
          TQueue<Long> queue = TQueue.unbounded();
          return new Waiting<>(queue.take(), () -> queue.put(1L).subscribe());
        });
    waits(
        "TPriorityQueue.take()",
        () -> line().take(),
        () -> {
          TPriorityQueue<Long> line = TPriorityQueue.natural();
          return new Waiting<>(line.take(), () -> line.put(1L).subscribe());
        });
    waits(
        "TPromise.get()",
        () -> {
          TPromise<Long> promise = TPromise.empty();
          promise.complete(1L).subscribe();
          return promise.get();
        },
        () -> {
          TPromise<Long> promise = TPromise.empty();
          return new Waiting<>(promise.get(), () -> promise.complete(1L).subscribe());
        });
    subjects.add(
        new Subject(
            "TQueue.put(Object)",
            PublisherConformance.completion("TQueue.put(Object)", () -> queue().put(1L))
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")
                .waiting(
                    () -> {
                      TQueue<Long> full = TQueue.bounded(1);
                      full.put(0L).subscribe();
                      return new Waiting<>(full.put(1L), () -> full.take().subscribe());
                    })));
    subjects.add(
        new Subject(
            "TSemaphore.acquire()",
            PublisherConformance.completion(
                    "TSemaphore.acquire()", () -> TSemaphore.of(100).acquire())
                .fanOut(FanOut.COMPETING)
                .cannotFail("it has nothing that could fail")
                .waiting(
                    () -> {
                      TSemaphore taken = TSemaphore.of(0);
                      return new Waiting<>(taken.acquire(), () -> taken.release().subscribe());
                    })));
    subjects.add(
        new Subject(
            "TSemaphore.withPermit(Mono)",
            PublisherConformance.single(
                    "TSemaphore.withPermit(Mono)", () -> TSemaphore.of(1).withPermit(Mono.just(1L)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> TSemaphore.of(1).withPermit(Mono.error(failure())))
                .empty(() -> TSemaphore.of(1).withPermit(Mono.empty()))
                .waiting(
                    () -> {
                      TSemaphore taken = TSemaphore.of(0);
                      return new Waiting<>(
                          taken.withPermit(Mono.just(1L)), () -> taken.release().subscribe());
                    })));
  }
}
