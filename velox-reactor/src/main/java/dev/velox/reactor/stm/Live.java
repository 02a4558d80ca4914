package dev.velox.reactor.stm;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The body of a transaction that is run again whenever what it read has changed: it first waits
 * until one of the heads that it saw last time is no longer there.
 *
 * <p>One owner: runs follow each other, each begun by the end of the one before.
 */
final class Live<T> implements Function<Transaction, @Nullable T> {

  private final Function<? super Transaction, ? extends T> body;
  private IdentityHashMap<TRef<?>, Object> seen = new IdentityHashMap<>();

  Live(Function<? super Transaction, ? extends T> body) {
    this.body = body;
  }

  @Override
  public @Nullable T apply(Transaction transaction) {
    SyncTransaction tx = (SyncTransaction) transaction;
    if (!seen.isEmpty() && seen.entrySet().stream().allMatch(Live::isCurrent)) {
      seen.keySet().forEach(tx::get);
      // A ref that has changed just now is newer than what was seen: then there is news already.
      if (tx.seen().equals(seen)) {
        return tx.retry();
      }
      throw tx.conflict();
    }
    T value = body.apply(tx);
    seen = tx.seen();
    if (seen.isEmpty()) {
      throw new IllegalStateException("a live body must read a ref that could change");
    }
    return value;
  }

  private static boolean isCurrent(Map.Entry<TRef<?>, Object> each) {
    return each.getKey().head() == each.getValue();
  }
}
