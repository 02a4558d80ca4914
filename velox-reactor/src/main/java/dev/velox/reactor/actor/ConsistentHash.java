package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The actor whose name goes best with a message's key. */
final class ConsistentHash<M> extends RoutedToOne<M> {

  private final Function<? super M, ?> key;
  private final long[] names;

  ConsistentHash(List<Actor<M>> actors, Function<? super M, ?> key) {
    super("consistentHash", actors);
    this.key = key;
    this.names = new long[actors.size()];
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.length; i++) {
      String name = actors.get(i).name();
      if (!seen.add(name)) {
        throw new IllegalArgumentException("actors must not have two of the name " + name);
      }
      names[i] = hash(name);
    }
  }

  /** A string's own hash code spreads too little in its upper half. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finalizer of SplitMix64: each bit of the argument changes about half of the result's. */
  private static long mix(long bits) {
    long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  @Override
  @Nullable Actor<M> choose(M message) {
    long hash = mix(Args.notNull(key.apply(message), "key").hashCode());
    Actor<M> best = null;
    long most = 0;
    for (int i = 0; i < names.length; i++) {
      long weight = mix(names[i] ^ hash);
      if ((best == null || weight > most) && !actors.get(i).isDisposed()) {
        best = actors.get(i);
        most = weight;
      }
    }
    return best;
  }

  @Override
  public SendResult trySend(M message) {
    Args.notNull(message, "message");
    for (int i = 0; i <= names.length; i++) {
      Actor<M> chosen = choose(message);
      if (chosen == null) {
        break;
      }
      SendResult result = chosen.trySend(message);
      if (result != SendResult.CLOSED) {
        return result;
      }
    }
    return SendResult.CLOSED;
  }
}
