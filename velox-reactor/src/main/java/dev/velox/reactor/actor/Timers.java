package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * An actor's timers. The map is touched by the actor's owner alone; a timer that is due only puts
 * itself into the queue, and is looked up again when it is taken from there, so that none that was
 * stopped is handled.
 */
final class Timers<M> {

  static final Object IDLE = new Object();

  enum Kind {
    ONCE,
    FIXED_DELAY,
    FIXED_RATE,
    IDLE
  }

  private final ActorCore<?, M> core;
  private final Consumer<Object> queue;
  private @Nullable Map<Object, Due> running;
  private volatile long activeAt;

  Timers(ActorCore<?, M> core, Consumer<Object> queue) {
    this.core = core;
    this.queue = queue;
  }

  void start(Object key, M message, Duration time, Kind kind) {
    Args.notNull(key, "key");
    Args.notNull(message, "message");
    stop(key);
    Map<Object, Due> all = running;
    if (all == null) {
      all = new HashMap<>();
      running = all;
    }
    Due due = new Due(key, message, time.toNanos(), kind);
    all.put(key, due);
    due.schedule(due.nanos);
  }

  void stop(Object key) {
    Due due = running == null ? null : running.remove(key);
    if (due != null) {
      due.task.dispose();
    }
  }

  void stopAll() {
    Map<Object, Due> all = running;
    if (all != null) {
      all.values().forEach(each -> each.task.dispose());
      all.clear();
    }
  }

  /** A message has come. */
  void active() {
    Map<Object, Due> all = running;
    if (all != null && all.containsKey(IDLE)) {
      activeAt = core.timer().now(TimeUnit.NANOSECONDS);
    }
  }

  /** One timer, and what lies in the queue when it is due. */
  final class Due implements Runnable {
    private final Object key;
    private final M message;
    private final long nanos;
    private final Kind kind;
    private final Disposable.Swap task = Disposables.swap();
    private volatile boolean queued;

    Due(Object key, M message, long nanos, Kind kind) {
      this.key = key;
      this.message = message;
      this.nanos = nanos;
      this.kind = kind;
      if (kind == Kind.IDLE) {
        activeAt = core.timer().now(TimeUnit.NANOSECONDS);
      }
    }

    private void schedule(long after) {
      Scheduler timer = core.timer();
      task.update(
          kind == Kind.FIXED_RATE
              ? timer.schedulePeriodically(this, after, nanos, TimeUnit.NANOSECONDS)
              : timer.schedule(this, after, TimeUnit.NANOSECONDS));
    }

    @Override
    public void run() {
      if (kind == Kind.IDLE) {
        long left = activeAt + nanos - core.timer().now(TimeUnit.NANOSECONDS);
        if (left > 0) {
          schedule(left);
          return;
        }
      }
      if (!queued) {
        queued = true;
        queue.accept(this);
      }
    }

    @Nullable Object take() {
      Map<Object, Due> all = running;
      if (all == null || all.get(key) != this) {
        return null;
      }
      queued = false;
      if (kind == Kind.ONCE) {
        all.remove(key);
      } else if (kind != Kind.FIXED_RATE) {
        schedule(nanos);
      }
      return message;
    }
  }
}
