package dev.velox.benchmarks.stm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import scala.Function0;
import scala.Function1;
import scala.jdk.javaapi.CollectionConverters;
import zio.Runtime;
import zio.Trace$;
import zio.Unsafe$;
import zio.ZIO;
import zio.ZIO$;
import zio.stm.TRef;
import zio.stm.TRef$;
import zio.stm.ZSTM;
import zio.stm.ZSTM$;

/**
 * ZIO STM, by its Scala methods. A task is a fiber; all run in one ZIO program per call. Types of
 * effects are left away.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class ZioStm implements StmPeer {

  private static final Object TRACE = Trace$.MODULE$.empty();
  private static final Runtime RUNTIME = runtime();

  private final TRef counter = TRef$.MODULE$.unsafeMake(0);
  private final List<TRef> accounts = new ArrayList<>();

  ZioStm() {
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(TRef$.MODULE$.unsafeMake(FIRST));
    }
  }

  private static Runtime runtime() {
    try {
      // "default" is no name in Java.
      Object companion = Class.forName("zio.Runtime$").getField("MODULE$").get(null);
      return (Runtime) companion.getClass().getMethod("default").invoke(companion);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object run(ZIO effect) {
    zio.Exit exit = RUNTIME.unsafe().run(effect, TRACE, Unsafe$.MODULE$.unsafe());
    if (!exit.isSuccess()) {
      throw new IllegalStateException(exit.toString());
    }
    return ((zio.Exit.Success) exit).value();
  }

  private static ZIO repeated(ZSTM transaction, int times) {
    Function0 more = () -> times - 1;
    return transaction.commit(TRACE).repeatN(more, TRACE);
  }

  private static void sideBySide(List<ZIO> effects) {
    Function0 all = () -> CollectionConverters.asScala(effects).toList();
    Object done = run(ZIO$.MODULE$.collectAllParDiscard(all, TRACE));
  }

  private static void tasks(int tasks, int each, ZSTM transaction) {
    List<ZIO> effects = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      effects.add(repeated(transaction, each));
    }
    sideBySide(effects);
  }

  private static ZSTM then(ZSTM first, ZSTM second) {
    Function0 next = () -> second;
    return first.zipRight(next);
  }

  private static ZSTM add(TRef ref, int amount) {
    Function1 change = v -> (Integer) v + amount;
    return ref.update(change);
  }

  private static ZSTM suspended(Function0 make) {
    return ZSTM$.MODULE$.suspend(make);
  }

  private ZSTM anyTransfer() {
    return suspended(
        () -> {
          ThreadLocalRandom random = ThreadLocalRandom.current();
          return then(
              add(accounts.get(random.nextInt(ACCOUNTS)), -1),
              add(accounts.get(random.nextInt(ACCOUNTS)), 1));
        });
  }

  private ZSTM sum(int first, int count) {
    ZSTM sum = accounts.get(first).get().map((Function1) v -> (long) (Integer) v);
    for (int i = 1; i < count; i++) {
      TRef account = accounts.get(first + i);
      Function1 next = so -> account.get().map((Function1) v -> (Long) so + (Integer) v);
      sum = sum.flatMap(next);
    }
    return sum;
  }

  private long total() {
    return (Long) run(sum(0, ACCOUNTS).commit(TRACE));
  }

  @Override
  public long increment(int tasks, int each) {
    tasks(tasks, each, add(counter, 1));
    return (Integer) run(counter.get().commit(TRACE));
  }

  @Override
  public long transfer(int tasks, int each) {
    tasks(tasks, each, anyTransfer());
    return total();
  }

  @Override
  public long mixed(int tasks, int each) {
    tasks(
        tasks,
        each,
        suspended(
            () -> {
              ThreadLocalRandom random = ThreadLocalRandom.current();
              return random.nextInt(20) == 0
                  ? anyTransfer()
                  : sum(random.nextInt(ACCOUNTS - 10), 10);
            }));
    return total();
  }

  @Override
  public long scan(int times, boolean writer) {
    ZSTM all = sum(0, ACCOUNTS);
    ZIO scanning = repeated(all, times);
    if (!writer) {
      return (Long) run(scanning);
    }
    Function1 untilScanned =
        fiber -> {
          Function1 stop =
              sum -> ((zio.Fiber) fiber).interrupt(TRACE).map((Function1) ignored -> sum, TRACE);
          return scanning.flatMap(stop, TRACE);
        };
    return (Long)
        run(anyTransfer().commit(TRACE).forever(TRACE).fork(TRACE).flatMap(untilScanned, TRACE));
  }

  private ZSTM swap(int expected, int next) {
    Function1 go = v -> (Integer) v == expected ? counter.set(next) : ZSTM$.MODULE$.retry();
    return counter.get().flatMap(go);
  }

  @Override
  public long handOff(int times) {
    sideBySide(List.of(repeated(swap(0, 1), times), repeated(swap(1, 0), times)));
    return (Integer) run(counter.get().commit(TRACE));
  }
}
