package dev.velox.reactor.worker;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelBuilder;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Metrics;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What a worker or a pool lets its user choose. A value: each method answers new options and leaves
 * these as they are.
 *
 * <pre>{@code
 * Worker<Object, Object> worker =
 *     Worker.script("worker.js", WorkerOptions.named("delays").grace(Duration.ofSeconds(5)));
 * }</pre>
 */
public final class WorkerOptions {

  private static final WorkerOptions DEFAULTS = new WorkerOptions();

  private @Nullable String name;
  private @Nullable Object data;
  private int inbox = 1_024;
  private int outbox = 1_024;
  private Duration grace = Duration.ofSeconds(1);
  private Duration hardGrace = Duration.ofSeconds(5);
  private @Nullable Scheduler timer;
  private @Nullable MetricsListener metrics;
  private @Nullable Consumer<Object> onDrop;
  private @Nullable BiConsumer<String, String> console;

  private WorkerOptions() {}

  private WorkerOptions(WorkerOptions from) {
    name = from.name;
    data = from.data;
    inbox = from.inbox;
    outbox = from.outbox;
    grace = from.grace;
    hardGrace = from.hardGrace;
    timer = from.timer;
    metrics = from.metrics;
    onDrop = from.onDrop;
    console = from.console;
  }

  /**
   * A numbered name, room for 1,024 messages and as many results, one second of grace for each step
   * and five before a thread is abandoned, no listener.
   *
   * @return the default options
   */
  public static WorkerOptions defaults() {
    return DEFAULTS;
  }

  /**
   * The default options with a name.
   *
   * @param name the name, which the thread bears too; a pool's threads bear it with a number
   * @return new options
   */
  public static WorkerOptions named(String name) {
    return DEFAULTS.name(name);
  }

  /**
   * A name, for the thread, errors, {@code Scannable} and metrics.
   *
   * @param newName the name
   * @return new options
   */
  public WorkerOptions name(String newName) {
    Args.notNull(newName, "name");
    return with(options -> options.name = newName);
  }

  /**
   * What the worker is given when it starts: {@link WorkerScope#workerData()}, and {@code
   * workerData} in a script, where it is a copy. A pool hands it to nobody.
   *
   * @param workerData the data
   * @return new options
   */
  public WorkerOptions data(Object workerData) {
    Args.notNull(workerData, "data");
    return with(options -> options.data = workerData);
  }

  /**
   * How many messages may wait to be handled; who posts one more waits. A pool has a queue limit
   * instead.
   *
   * @param messages the capacity
   * @return new options
   * @throws IllegalArgumentException if it is not positive
   */
  public WorkerOptions inbox(int messages) {
    Args.positive(messages, "inbox");
    return with(options -> options.inbox = messages);
  }

  /**
   * How many results may wait to be received; then the worker's thread waits. A pool has none.
   *
   * @param results the capacity
   * @return new options
   * @throws IllegalArgumentException if it is not positive
   */
  public WorkerOptions outbox(int results) {
    Args.positive(results, "outbox");
    return with(options -> options.outbox = results);
  }

  /**
   * How long code has to end by itself after it was told to, before its thread is interrupted; and
   * how long its thread has then, before its script engine is cancelled, if it can be. The default
   * is one second.
   *
   * @param time the time; zero to do it at once
   * @return new options
   * @throws IllegalArgumentException if it is negative
   */
  public WorkerOptions grace(Duration time) {
    Args.notNegative(time, "grace");
    return with(options -> options.grace = time);
  }

  /**
   * How long a thread has to end after the last means to end it was used, before it is abandoned. A
   * busy machine needs some time for it, so the default is five seconds.
   *
   * @param time the time
   * @return new options
   * @throws IllegalArgumentException if it is not positive
   */
  public WorkerOptions hardGrace(Duration time) {
    Args.positive(time, "hardGrace");
    return with(options -> options.hardGrace = time);
  }

  /**
   * Where times of grace, idle time-outs and a script's timers are kept. The default is {@code
   * Schedulers.parallel()}, looked up late.
   *
   * @param scheduler the scheduler
   * @return new options
   */
  public WorkerOptions timer(Scheduler scheduler) {
    Args.notNull(scheduler, "timer");
    return with(options -> options.timer = scheduler);
  }

  /**
   * Is told what happens. A worker tells of the messages in its inbox as a channel does, and of
   * each message that it handles (STARTED, SUCCEEDED, FAILED, RUN); a pool tells the same of its
   * tasks, how long they waited for a thread (WAIT) and how long they held one (HOLD). Both tell of
   * a thread that was ABANDONED.
   *
   * @param listener the listener
   * @return new options
   */
  public WorkerOptions metrics(MetricsListener listener) {
    Args.notNull(listener, "metrics");
    return with(options -> options.metrics = listener == MetricsListener.noop() ? null : listener);
  }

  /**
   * Is called with each message that was accepted and will not be handled, once, beside the {@code
   * doOnDiscard} hook of who posted it. What it throws goes to Reactor's {@code onErrorDropped}
   * hook.
   *
   * @param callback what to do with the message
   * @return new options
   */
  public WorkerOptions onDrop(Consumer<Object> callback) {
    Args.notNull(callback, "onDrop");
    return with(options -> options.onDrop = callback);
  }

  /**
   * Where a script's {@code console} writes. The default is the log, through Reactor's {@code
   * Loggers}.
   *
   * @param writer gets the level (debug, info, warn or error) and the line, on the worker's thread
   * @return new options
   */
  public WorkerOptions console(BiConsumer<String, String> writer) {
    Args.notNull(writer, "console");
    return with(options -> options.console = writer);
  }

  private WorkerOptions with(Consumer<WorkerOptions> change) {
    WorkerOptions changed = new WorkerOptions(this);
    change.accept(changed);
    return changed;
  }

  // What workers and pools need.

  @Nullable String name() {
    return name;
  }

  @Nullable Object data() {
    return data;
  }

  int inbox() {
    return inbox;
  }

  int outbox() {
    return outbox;
  }

  Duration grace() {
    return grace;
  }

  Duration hardGrace() {
    return hardGrace;
  }

  Scheduler timer() {
    return timer != null ? timer : Schedulers.parallel();
  }

  /** An inbox that keeps its time, and tells of its messages, as these options say. */
  <T> ChannelBuilder<T> channel(int capacity, boolean isMetered) {
    ChannelBuilder<T> builder = Channel.<T>builder().capacity(capacity);
    if (timer != null) {
      builder.timer(timer);
    }
    return isMetered && metrics != null ? builder.metrics(metrics) : builder;
  }

  /** The same with the listener that a construct of this kind tells. */
  WorkerOptions of(MetricsListener.Kind kind) {
    return metrics == null
        ? this
        : with(options -> options.metrics = Metrics.of(metrics, kind, name));
  }

  /** Offers a construct to be looked at. */
  <C> void offer(MetricsListener.Level level, C construct, ToLongFunction<? super C> reader) {
    Metrics.level(metrics, level, construct, reader);
  }

  @Nullable Consumer<Object> onDrop() {
    return onDrop;
  }

  @Nullable BiConsumer<String, String> console() {
    return console;
  }

  void tell(MetricsListener.Event event) {
    Metrics.count(metrics, event);
  }

  /** Tells how long something lasted that began at {@code since}, as {@link #clock()} told it. */
  void tellTime(MetricsListener.Timing timing, long since) {
    Metrics.time(metrics, timing, clock() - since);
  }

  /** The time of the timer's scheduler; zero, and never asked for, without a listener. */
  long clock() {
    return metrics == null ? 0L : timer().now(TimeUnit.NANOSECONDS);
  }
}
