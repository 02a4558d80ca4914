package dev.velox.reactor.actor;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The actor of a key, which ends when it has been idle for a time. It is held until it stands in
 * the group's map, and until the one before it has ended.
 *
 * <p>The idle end: a shared, coarse timer looks at it, at most once per idle time. Does nobody own
 * it, the timer becomes the owner, so that no behaviour runs; and closes its mailbox in one step,
 * which fails if a message has come. So a message is either accepted before the idle end, which
 * then doesn't happen, or finds the mailbox closed and goes to the successor.
 */
final class KeyedActor<K, S, M> extends DefaultActor<S, M> {

  private final DefaultActorGroup<K, M> group;
  private final K key;

  /** Is the same for one and its successor, while they meet. */
  private final Object identity;

  private volatile long restedAt;
  private boolean isLookedAt;
  private volatile boolean idledOut;

  KeyedActor(
      Settings settings,
      S initial,
      Object behavior,
      DefaultActorGroup<K, M> group,
      K key,
      @Nullable ActorCore<?, M> predecessor) {
    super(settings, null, initial, behavior, true);
    this.group = group;
    this.key = key;
    this.identity = predecessor == null ? this : predecessor.identity();
    this.home = group;
  }

  K key() {
    return key;
  }

  @Override
  public String name() {
    return group.nameOf(key);
  }

  @Override
  Object identity() {
    return identity;
  }

  @Override
  @Nullable ActorCore<?, M> successor() {
    return group.successor(this);
  }

  @Override
  boolean hasIdledOut() {
    return idledOut;
  }

  @Override
  void resting() {
    restedAt = now();
    if (!isLookedAt) {
      isLookedAt = lookIn(group.idleNanos());
    }
  }

  private long now() {
    return group.timer().now(TimeUnit.NANOSECONDS);
  }

  /**
   * Answers whether it will be looked at. A timer that refuses must not end the turn that rests:
   * its ownership would be lost, and with it the actor. It only lives longer, and asks again.
   */
  private boolean lookIn(long nanos) {
    try {
      Deadlines.add(group.timer(), nanos, new Look(this));
      return true;
    } catch (Throwable refused) {
      Exceptions.throwIfJvmFatal(refused);
      Operators.onErrorDropped(refused, Context.empty());
      return false;
    }
  }

  private void look() {
    if (level() != LIVING) {
      return;
    }
    long left = restedAt + group.idleNanos() - now();
    if (left <= 0 && tryOwn()) {
      // Nothing of it moves now. It may have rested anew meanwhile.
      left = restedAt + group.idleNanos() - now();
      if (left <= 0 && isSettled()) {
        idledOut = true; // before the close, for who is refused by it
        if (mailbox().closeIfIdle()) {
          raise(STOPPING);
          schedule();
          return;
        }
        idledOut = false;
      }
      disown();
    }
    boolean ignored = lookIn(left > 0 ? left : group.idleNanos());
  }

  private static final class Look extends Deadlines.Deadline {
    private final KeyedActor<?, ?, ?> actor;

    Look(KeyedActor<?, ?, ?> actor) {
      this.actor = actor;
    }

    @Override
    boolean isOver() {
      return actor.level() != LIVING;
    }

    @Override
    void expire() {
      actor.look();
    }
  }
}
