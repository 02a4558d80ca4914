package dev.velox.tck.actor;

import dev.velox.reactor.actor.ActorBuilder;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A time that passes only when the test says so, for the actors that are given it: their turns,
 * timers, back-offs and ask time-outs. Unlike {@code VirtualTimeScheduler} it replaces nothing for
 * the rest of the JVM, so tests may run side by side, and it goes from one task to the next, so a
 * message is seen at the very instant at which it is sent.
 *
 * <pre>{@code
 * ManualTime time = ManualTime.create();
 * ActorProbe<String> probe = time.probe();
 * StatefulActor<Integer, Tick> clock = time.drive(Actor.builder(0, new Clock(probe.ref()))).build();
 *
 * time.advance(Duration.ofHours(1));
 * probe.expectMessage("one o'clock");
 * }</pre>
 *
 * <p>Any thread may schedule; tasks run on the thread that calls {@link #run}, {@link #advance} or
 * {@link #await}, which is one at a time. What an actor leaves to another scheduler is not driven.
 */
public final class ManualTime {

  private static final int LIVELOCK = 1_000_000;

  private final ConcurrentSkipListSet<Task> tasks = new ConcurrentSkipListSet<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicReference<@Nullable Thread> driver = new AtomicReference<>();
  private final Scheduler scheduler = new ManualScheduler();
  private final Runnable onScheduled;
  private volatile long nowNanos;

  private ManualTime(Runnable onScheduled) {
    this.onScheduled = onScheduled;
  }

  /**
   * A time that begins at zero.
   *
   * @return a new time
   */
  public static ManualTime create() {
    return create(() -> {});
  }

  /** A time that tells, on the thread that schedules, when there is something to run. */
  static ManualTime create(Runnable onScheduled) {
    return new ManualTime(onScheduled);
  }

  /**
   * This time as a scheduler, for whatever takes one.
   *
   * @return always the same
   */
  public Scheduler scheduler() {
    return scheduler;
  }

  /**
   * Gives an actor its turns and its timers in this time.
   *
   * @param <S> the type of its state
   * @param <M> the type of its messages
   * @param actor its options
   * @return the same options
   */
  public <S, M> ActorBuilder<S, M> drive(ActorBuilder<S, M> actor) {
    return Objects.requireNonNull(actor, "actor must not be null")
        .scheduler(scheduler)
        .timer(scheduler);
  }

  /**
   * A probe whose expectations let this time pass.
   *
   * @param <M> the type of its messages
   * @return a new probe
   */
  public <M> ActorProbe<M> probe() {
    return ActorProbe.in(this);
  }

  /**
   * How much time has passed.
   *
   * @return the time since the beginning
   */
  public Duration now() {
    return Duration.ofNanos(nowNanos);
  }

  /**
   * In how much time the next task is due.
   *
   * @return zero if one is due now; empty if there is none
   */
  public Optional<Duration> untilNext() {
    Task first = first();
    return first == null
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, first.dueNanos - nowNanos)));
  }

  /**
   * Runs what is due, and what becomes due by that; no time passes.
   *
   * @return whether there was anything
   * @throws AssertionError if there always is: a livelock
   * @throws IllegalStateException if it is called by one of its tasks, or while another thread runs
   *     them
   */
  public boolean run() {
    return drive(() -> runUntil(nowNanos));
  }

  /**
   * Lets time pass, and runs what becomes due in its order.
   *
   * @param time how much
   * @throws AssertionError if at one instant there always is something due: a livelock
   * @throws IllegalStateException as {@link #run}
   */
  public void advance(Duration time) {
    long nanos = TestClock.notNegative(time, "time").toNanos();
    boolean ignored =
        drive(
            () -> {
              long end = sum(nowNanos, nanos);
              boolean any = runUntil(end);
              nowNanos = end;
              return any;
            });
  }

  /**
   * Subscribes, and lets time pass until it has ended.
   *
   * @param <T> the type of its value
   * @param mono what to wait for: an ask, for example
   * @return its value, or {@code null} if it had none; its error is thrown as it is
   * @throws AssertionError if nothing is left to run although it has not ended
   */
  public <T> @Nullable T await(Mono<T> mono) {
    Signal<T> signal = end(mono);
    Throwable error = signal.getThrowable();
    if (error != null) {
      throw Exceptions.propagate(error);
    }
    return signal.get();
  }

  /** As {@link #await}, with its error as a value. */
  <T> Signal<T> end(Mono<T> mono) {
    Ending<T> ending = new Ending<>(() -> {});
    boolean ignored =
        drive(
            () -> {
              ending.subscribeTo(mono);
              while (!ending.isOver() && runFirst(Long.MAX_VALUE)) {
                // each is one task
              }
              return true;
            });
    Signal<T> signal = ending.signal();
    if (signal == null) {
      ending.cancel();
      throw new AssertionError(
          "Nothing is left to run at " + now() + ", and it has not ended: " + mono);
    }
    return signal;
  }

  // ---- tasks ----------------------------------------------------------------------------------

  private interface Drive {
    boolean run();
  }

  private boolean drive(Drive drive) {
    Thread other = driver.compareAndExchange(null, Thread.currentThread());
    if (other == Thread.currentThread()) {
      throw new IllegalStateException("A task of this time can't let it pass");
    }
    if (other != null) {
      throw new IllegalStateException(other + " lets this time pass already");
    }
    try {
      return drive.run();
    } finally {
      driver.set(null);
    }
  }

  private boolean runUntil(long endNanos) {
    boolean any = false;
    long instant = nowNanos;
    int atOnce = 0;
    while (runFirst(endNanos)) {
      any = true;
      atOnce = nowNanos == instant ? atOnce + 1 : 0;
      instant = nowNanos;
      if (atOnce > LIVELOCK) {
        throw new AssertionError("Livelock: " + LIVELOCK + " tasks at one instant, " + now());
      }
    }
    return any;
  }

  /** Runs the first task if it is due by then. */
  private boolean runFirst(long endNanos) {
    for (; ; ) {
      Task first = first();
      if (first == null || first.dueNanos > endNanos) {
        return false;
      }
      if (tasks.remove(first)) {
        nowNanos = Math.max(nowNanos, first.dueNanos);
        first.action.run();
        return true;
      }
    }
  }

  private @Nullable Task first() {
    Iterator<Task> inOrder = tasks.iterator();
    return inOrder.hasNext() ? inOrder.next() : null;
  }

  private Disposable add(Runnable action, long delay, TimeUnit unit) {
    long due = sum(nowNanos, Math.max(0, unit.toNanos(delay)));
    Task task = new Task(due, numbers.incrementAndGet(), Schedulers.onSchedule(action));
    tasks.add(task);
    onScheduled.run();
    return task;
  }

  private Disposable addPeriodically(
      Runnable action, long initialDelay, long period, TimeUnit unit) {
    Disposable.Swap current = Disposables.swap();
    Runnable repeated =
        new Runnable() {
          @Override
          public void run() {
            if (!current.isDisposed()) {
              current.replace(add(this, Math.max(1, period), unit));
              action.run();
            }
          }
        };
    current.replace(add(repeated, initialDelay, unit));
    return current;
  }

  private static long sum(long nanos, long more) {
    long sum = nanos + more;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  @Override
  public String toString() {
    return "ManualTime(" + now() + ", " + tasks.size() + " tasks)";
  }

  /** Those of one instant run in the order in which they were given. */
  private final class Task implements Disposable, Comparable<Task> {
    private final long dueNanos;
    private final long number;
    private final Runnable action;

    Task(long dueNanos, long number, Runnable action) {
      this.dueNanos = dueNanos;
      this.number = number;
      this.action = action;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }

    @Override
    public void dispose() {
      boolean ignored = tasks.remove(this);
    }

    @Override
    public boolean isDisposed() {
      return !tasks.contains(this);
    }
  }

  private final class ManualScheduler implements Scheduler {
    @Override
    public Disposable schedule(Runnable task) {
      return add(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return add(task, delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      return addPeriodically(task, initialDelay, period, unit);
    }

    @Override
    public long now(TimeUnit unit) {
      return unit.convert(nowNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Worker createWorker() {
      return new ManualWorker();
    }

    @Override
    public void dispose() {
      // There is no thread to end.
    }

    @Override
    public String toString() {
      return ManualTime.this.toString();
    }
  }

  /** Tasks keep their order anyway; what was given and has not begun ends with the worker. */
  private final class ManualWorker implements Scheduler.Worker {
    private final Disposable.Composite given = Disposables.composite();

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      Disposable.Swap scheduled = Disposables.swap();
      keep(scheduled);
      scheduled.replace(
          add(
              () -> {
                given.remove(scheduled);
                task.run();
              },
              delay,
              unit));
      return scheduled;
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      Disposable.Swap scheduled = Disposables.swap();
      keep(scheduled);
      scheduled.replace(addPeriodically(task, initialDelay, period, unit));
      return scheduled;
    }

    private void keep(Disposable scheduled) {
      if (!given.add(scheduled)) {
        throw Exceptions.failWithRejected();
      }
    }

    @Override
    public void dispose() {
      given.dispose();
    }

    @Override
    public boolean isDisposed() {
      return given.isDisposed();
    }
  }
}
