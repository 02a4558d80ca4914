package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The actors of the keys, by key.
 *
 * <pre>
 *  (no entry) ---putIfAbsent(fresh), by a sender---&gt; actor ---replace(actor, fresh), by a sender---&gt; its successor
 *                                                      |
 *                                                      +---remove(actor), when it has ended---&gt; (no entry)
 * </pre>
 *
 * <p>Each arrow is one atomic step on the map. A sender replaces an actor whose mailbox it found
 * closed; the successor takes messages at once and begins when its predecessor has ended. So there
 * is no instant at which two of a key handle messages, and what the one accepted is handled before
 * what the other did.
 *
 * <p>How many keys live is one word, whose sign says that the group is closed:
 *
 * <pre>
 *   n ---a sender, before it puts an entry, n &lt; maxKeys---&gt; n + 1
 *   n ---an entry is removed, or was not put---&gt; n - 1      (the sign stays as it is)
 *   n ---stop()---&gt; CLOSED | n
 * </pre>
 *
 * <p>The group has ended at CLOSED | 0. Who stops it raises {@code level} before it looks through
 * the map, and a sender looks at the level after it has put its entry, so that of the two one sees
 * the other.
 */
final class DefaultActorGroup<K, M> implements ActorGroup<K, M>, Home {

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final VarHandle WORD;
  private static final VarHandle LEVEL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(DefaultActorGroup.class, "word", int.class);
      LEVEL = lookup.findVarHandle(DefaultActorGroup.class, "level", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Function<? super K, ? extends ActorBuilder<?, M>> maker;
  private final ActorGroupBuilder<K, M> options;
  private final long idleNanos;
  private final ConcurrentHashMap<K, KeyedActor<K, ?, M>> actors = new ConcurrentHashMap<>();
  private final Sinks.Empty<Void> end = Sinks.empty();
  private volatile int word;
  private volatile int level;

  DefaultActorGroup(
      Function<? super K, ? extends ActorBuilder<?, M>> maker, ActorGroupBuilder<K, M> options) {
    this.maker = maker;
    this.options = options;
    this.idleNanos = options.idleTimeout.toNanos();
  }

  // ---- who a key's actor is -------------------------------------------------------------------

  /** The actor of a key, made if there is none. */
  KeyedActor<K, ?, M> live(K key) {
    for (; ; ) {
      KeyedActor<K, ?, M> found = actors.get(key);
      if (found != null) {
        return found;
      }
      if (word < 0) {
        throw new ActorStoppedException(nameOf(key), null);
      }
      KeyedActor<K, ?, M> fresh = make(key, null);
      if (!reserve(key)) {
        continue; // somebody else made it, and took the last place
      }
      KeyedActor<K, ?, M> other = actors.putIfAbsent(key, fresh);
      if (other == null) {
        fresh.schedule();
        stopIfStopping(fresh);
        return fresh;
      }
      release();
    }
  }

  /** The actor that takes what another one took no more; {@code null} if there is none. */
  @Nullable ActorCore<?, M> successor(KeyedActor<K, ?, M> closed) {
    if (word < 0) {
      return null;
    }
    KeyedActor<K, ?, M> found = actors.get(closed.key());
    if (found != closed) {
      return found != null ? found : live(closed.key());
    }
    KeyedActor<K, ?, M> fresh = make(closed.key(), closed);
    if (!actors.replace(closed.key(), closed, fresh)) {
      return live(closed.key());
    }
    closed.onTermination().subscribe(end -> fresh.schedule());
    stopIfStopping(fresh);
    return fresh;
  }

  private KeyedActor<K, ?, M> make(K key, @Nullable ActorCore<?, M> predecessor) {
    return Args.notNull(maker.apply(key), "actor").buildKeyed(this, key, predecessor);
  }

  /** Takes a place for a key. Answers {@code false} if the key has got one meanwhile. */
  private boolean reserve(K key) {
    for (; ; ) {
      int seen = word;
      if (seen < 0) {
        throw new ActorStoppedException(nameOf(key), null);
      }
      if (seen >= options.maxKeys) {
        if (actors.containsKey(key)) {
          return false;
        }
        throw new TooManyKeysException(options.name, options.maxKeys);
      }
      if (WORD.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
    }
  }

  private void release() {
    int before = (int) WORD.getAndAdd(this, -1);
    if (before == (CLOSED | 1)) {
      ended();
    }
  }

  private void ended() {
    ActorSystem system = options.system;
    if (system != null) {
      system.left(this);
    }
    Sinks.EmitResult ignored = end.tryEmitEmpty();
  }

  private void stopIfStopping(KeyedActor<K, ?, M> fresh) {
    int seen = level;
    if (seen != ActorCore.LIVING) {
      fresh.raise(seen);
    }
  }

  /** The one that lives, if one does. */
  @Nullable KeyedActor<K, ?, M> find(K key) {
    return actors.get(key);
  }

  /** Those that live. */
  Stream<? extends Actor<?>> living() {
    return actors.values().stream();
  }

  String nameOf(K key) {
    return options.name + "/" + key;
  }

  Scheduler timer() {
    Scheduler chosen = options.timer;
    return chosen != null ? chosen : Schedulers.parallel();
  }

  long idleNanos() {
    return idleNanos;
  }

  // ---- what users see -------------------------------------------------------------------------

  @Override
  public String name() {
    return options.name;
  }

  @Override
  public Actor<M> actor(K key) {
    return new KeyedReference<>(this, Args.notNull(key, "key"));
  }

  @Override
  public Set<K> keys() {
    return Set.copyOf(actors.keySet());
  }

  @Override
  public int size() {
    return word & ~CLOSED;
  }

  private void raise(int to) {
    for (int seen = level; seen < to; seen = level) {
      if (LEVEL.compareAndSet(this, seen, to)) {
        int before = (int) WORD.getAndBitwiseOr(this, CLOSED);
        if (before == 0) {
          ended();
        }
        for (KeyedActor<K, ?, M> each : actors.values()) {
          each.raise(to);
        }
        return;
      }
    }
  }

  private Mono<Void> stop(int to) {
    return Mono.defer(
        () -> {
          raise(to);
          return end.asMono();
        });
  }

  @Override
  public Mono<Void> stop() {
    return stop(ActorCore.STOPPING);
  }

  @Override
  public Mono<Void> stop(Duration grace) {
    Args.notNegative(grace, "grace");
    return Mono.defer(
        () -> {
          raise(ActorCore.STOPPING);
          // A subscription of its own, so that the stop goes on if its caller leaves.
          Disposable ignored =
              end.asMono().timeout(grace, Mono.fromRunnable(this::dispose), timer()).subscribe();
          return end.asMono();
        });
  }

  @Override
  public Mono<Void> stopNow() {
    return stop(ActorCore.STOPPING_NOW);
  }

  @Override
  public Mono<Void> terminated() {
    return Mono.defer(end::asMono);
  }

  @Override
  public void dispose() {
    raise(ActorCore.STOPPING_NOW);
  }

  @Override
  public boolean isDisposed() {
    return word < 0;
  }

  @Override
  public String toString() {
    return "ActorGroup(" + options.name + ")";
  }

  // ---- for its actors -------------------------------------------------------------------------

  @Override
  public void deadLetter(DeadLetter letter) {
    ActorSystem system = options.system;
    if (system != null) {
      system.home().deadLetter(letter);
    }
  }

  @Override
  public void event(ActorEvent event) {
    ActorSystem system = options.system;
    if (system != null) {
      system.home().event(event);
    }
  }

  @Override
  public void ended(ActorCore<?, ?> actor) {
    if (actor instanceof KeyedActor<?, ?, ?> keyed && actors.remove(keyed.key(), keyed)) {
      release();
    }
  }

  @Override
  public void escalated(Throwable error) {
    // There is nobody above; the actor has stopped, and the next message makes another.
  }

  @Override
  public void restartOthers(ActorCore<?, ?> actor, Throwable error) {
    // Actors of different keys don't share their fate.
  }
}
