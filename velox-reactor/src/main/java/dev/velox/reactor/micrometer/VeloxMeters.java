package dev.velox.reactor.micrometer;

import static dev.velox.reactor.MetricsListener.Kind.ACTOR;
import static dev.velox.reactor.MetricsListener.Kind.BROADCAST;
import static dev.velox.reactor.MetricsListener.Kind.CHANNEL;
import static dev.velox.reactor.MetricsListener.Kind.COUNT_DOWN_LATCH;
import static dev.velox.reactor.MetricsListener.Kind.CYCLIC_BARRIER;
import static dev.velox.reactor.MetricsListener.Kind.KEYED_MUTEX;
import static dev.velox.reactor.MetricsListener.Kind.MAP;
import static dev.velox.reactor.MetricsListener.Kind.MUTEX;
import static dev.velox.reactor.MetricsListener.Kind.OTHER;
import static dev.velox.reactor.MetricsListener.Kind.READ_WRITE_MUTEX;
import static dev.velox.reactor.MetricsListener.Kind.REENTRANT_MUTEX;
import static dev.velox.reactor.MetricsListener.Kind.RETRY;
import static dev.velox.reactor.MetricsListener.Kind.SEMAPHORE;
import static dev.velox.reactor.MetricsListener.Kind.TRANSACTION;
import static dev.velox.reactor.MetricsListener.Kind.WORKER;
import static dev.velox.reactor.MetricsListener.Kind.WORKER_POOL;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.MetricsListener.Timing;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every meter that {@link VeloxMetrics} registers, with its name, type, unit and tags: the form in
 * which Micrometer's own documentation is generated. The guide's page on observability has the same
 * table.
 *
 * <p>All have the tags {@link Tag#KIND} and {@link Tag#NAME}. Counters count from when a construct
 * was built; timers measure in the registry's unit of time, seconds by Micrometer's convention;
 * gauges look at the constructs that are alive when they are read.
 */
public enum VeloxMeters implements MeterDocumentation {
  /** Elements that were taken in. */
  CHANNEL_ACCEPTED("channel.accepted", Event.ACCEPTED, Unit.ELEMENTS, CHANNEL),
  /** Elements that were received. */
  CHANNEL_DELIVERED("channel.delivered", Event.DELIVERED, Unit.ELEMENTS, CHANNEL),
  /** Elements that an overflow policy, or the end of the channel, gave up. */
  CHANNEL_DROPPED("channel.dropped", Event.DROPPED, Unit.ELEMENTS, CHANNEL),
  /** Sends and receives that were refused: full, closed, or too many waiting. */
  CHANNEL_REJECTED("channel.rejected", Event.REJECTED, Unit.OPERATIONS, CHANNEL),
  /** Sends and receives that had to wait. */
  CHANNEL_WAITS("channel.waits", Event.WAITING, Unit.OPERATIONS, CHANNEL),
  /** Sends and receives that were cancelled while they waited. */
  CHANNEL_CANCELLED("channel.cancelled", Event.CANCELLED, Unit.OPERATIONS, CHANNEL),
  /** Sends and receives whose time was over while they waited. */
  CHANNEL_TIMEOUTS("channel.timeouts", Event.TIMED_OUT, Unit.OPERATIONS, CHANNEL),
  /** How long sends and receives waited that had to. */
  CHANNEL_WAIT("channel.wait", Timing.WAIT, CHANNEL),
  /** Elements in the buffer. */
  CHANNEL_BUFFERED("channel.buffered", Level.BUFFERED, Unit.ELEMENTS, CHANNEL),
  /** Sends that wait for room. */
  CHANNEL_SENDERS("channel.senders", Level.WAITING, Unit.OPERATIONS, CHANNEL),
  /** Receives that wait for an element. */
  CHANNEL_RECEIVERS("channel.receivers", Level.RECEIVING, Unit.OPERATIONS, CHANNEL),

  /** Elements that were published. */
  BROADCAST_ACCEPTED("broadcast.accepted", Event.ACCEPTED, Unit.ELEMENTS, BROADCAST),
  /** Elements that reached a subscriber, counted for each. */
  BROADCAST_DELIVERED("broadcast.delivered", Event.DELIVERED, Unit.ELEMENTS, BROADCAST),
  /** Elements that a slow subscriber missed, counted for each. */
  BROADCAST_DROPPED("broadcast.dropped", Event.DROPPED, Unit.ELEMENTS, BROADCAST),
  /** Publications that were refused: full, closed, or too many waiting. */
  BROADCAST_REJECTED("broadcast.rejected", Event.REJECTED, Unit.OPERATIONS, BROADCAST),
  /** Publications that had to wait for a slow subscriber. */
  BROADCAST_WAITS("broadcast.waits", Event.WAITING, Unit.OPERATIONS, BROADCAST),
  /** Publications that were cancelled while they waited. */
  BROADCAST_CANCELLED("broadcast.cancelled", Event.CANCELLED, Unit.OPERATIONS, BROADCAST),
  /** How long publications waited that had to. */
  BROADCAST_WAIT("broadcast.wait", Timing.WAIT, BROADCAST),
  /** Publications that wait for a slow subscriber. */
  BROADCAST_PUBLISHERS("broadcast.publishers", Level.WAITING, Unit.OPERATIONS, BROADCAST),
  /** Subscribers. */
  BROADCAST_SUBSCRIBERS("broadcast.subscribers", Level.RECEIVING, Unit.SUBSCRIBERS, BROADCAST),

  /** Requests that got the lock or the permits. */
  SYNC_GRANTED("sync.granted", Event.DELIVERED, Unit.OPERATIONS, Kinds.LOCKS),
  /** Requests that were refused: too many waiting, or waiting for themselves. */
  SYNC_REJECTED("sync.rejected", Event.REJECTED, Unit.OPERATIONS, Kinds.LIMITED),
  /** Requests that had to wait. */
  SYNC_WAITS("sync.waits", Event.WAITING, Unit.OPERATIONS, Kinds.SYNC),
  /** Requests that were cancelled while they waited. */
  SYNC_CANCELLED("sync.cancelled", Event.CANCELLED, Unit.OPERATIONS, Kinds.SYNC),
  /** Requests whose time was over while they waited. */
  SYNC_TIMEOUTS("sync.timeouts", Event.TIMED_OUT, Unit.OPERATIONS, Kinds.SYNC),
  /** How long requests waited that had to. */
  SYNC_WAIT("sync.wait", Timing.WAIT, Kinds.SYNC),
  /** How long locks and permits were held. */
  SYNC_HOLD("sync.hold", Timing.HOLD, Kinds.LOCKS),
  /** Requests that wait. */
  SYNC_WAITING("sync.waiting", Level.WAITING, Unit.OPERATIONS, Kinds.SYNC),
  /** Permits that are held. */
  SYNC_HELD("sync.held", Level.ACTIVE, Unit.PERMITS, SEMAPHORE),

  /** Transactions that were committed. */
  STM_COMMITS("stm.commits", Event.COMMITTED, Unit.TRANSACTIONS, TRANSACTION),
  /** Attempts that were lost to another transaction. */
  STM_CONFLICTS("stm.conflicts", Event.CONFLICTED, Unit.ATTEMPTS, TRANSACTION),
  /** Attempts that ended in {@code retry}, to wait for a change. */
  STM_RETRIES("stm.retries", Event.RETRIED, Unit.ATTEMPTS, TRANSACTION),
  /** Transactions that ended in an error. */
  STM_FAILURES("stm.failures", Event.FAILED, Unit.TRANSACTIONS, TRANSACTION),
  /** Transactions that were cancelled. */
  STM_CANCELLED("stm.cancelled", Event.CANCELLED, Unit.TRANSACTIONS, TRANSACTION),
  /** Transactions whose time was over. */
  STM_TIMEOUTS("stm.timeouts", Event.TIMED_OUT, Unit.TRANSACTIONS, TRANSACTION),
  /** How long transactions waited in {@code retry}. */
  STM_WAIT("stm.wait", Timing.WAIT, TRANSACTION),
  /** How long transactions lasted, all attempts and waiting included. */
  STM_RUN("stm.run", Timing.RUN, TRANSACTION),

  /** Attempts that were begun, the first ones included. */
  RETRY_ATTEMPTS("retry.attempts", Event.STARTED, Unit.ATTEMPTS, RETRY),
  /** Attempts that failed and were followed by another. */
  RETRY_RETRIES("retry.retries", Event.RETRIED, Unit.ATTEMPTS, RETRY),
  /** Operations that succeeded, at whatever attempt. */
  RETRY_SUCCESSES("retry.successes", Event.SUCCEEDED, Unit.OPERATIONS, RETRY),
  /** Operations that were given up. */
  RETRY_FAILURES("retry.failures", Event.FAILED, Unit.OPERATIONS, RETRY),
  /** The delays before attempts, as the policy chose them. */
  RETRY_DELAY("retry.delay", Timing.WAIT, RETRY),

  /** Messages that the mailbox took in. */
  ACTOR_ACCEPTED("actor.accepted", Event.ACCEPTED, Unit.MESSAGES, ACTOR),
  /** Messages that were handed to the behaviour. */
  ACTOR_DELIVERED("actor.delivered", Event.DELIVERED, Unit.MESSAGES, ACTOR),
  /** Messages that the mailbox took in and that will not be handled: dead letters. */
  ACTOR_DROPPED("actor.dropped", Event.DROPPED, Unit.MESSAGES, ACTOR),
  /** Messages that were refused: full, or stopped. */
  ACTOR_REJECTED("actor.rejected", Event.REJECTED, Unit.MESSAGES, ACTOR),
  /** Sends and asks that had to wait for room. */
  ACTOR_WAITS("actor.waits", Event.WAITING, Unit.OPERATIONS, ACTOR),
  /** Sends and asks that were cancelled before their message was handled. */
  ACTOR_CANCELLED("actor.cancelled", Event.CANCELLED, Unit.OPERATIONS, ACTOR),
  /** Asks whose time was over. */
  ACTOR_TIMEOUTS("actor.timeouts", Event.TIMED_OUT, Unit.OPERATIONS, ACTOR),
  /** Answers that came when there was one already, or nobody waited for it any more. */
  ACTOR_IGNORED("actor.ignored", Event.IGNORED, Unit.MESSAGES, ACTOR),
  /** Messages that were handled well. */
  ACTOR_SUCCEEDED("actor.succeeded", Event.SUCCEEDED, Unit.MESSAGES, ACTOR),
  /** Messages on which the behaviour failed. */
  ACTOR_FAILED("actor.failed", Event.FAILED, Unit.MESSAGES, ACTOR),
  /** How long messages lay in the mailbox. */
  ACTOR_WAIT("actor.wait", Timing.WAIT, ACTOR),
  /** How long the behaviour took for a message. */
  ACTOR_BUSY("actor.busy", Timing.RUN, ACTOR),
  /** Messages in the mailbox. */
  ACTOR_MAILBOX("actor.mailbox", Level.BUFFERED, Unit.MESSAGES, ACTOR),

  /** Messages that a worker's inbox took in. */
  WORKER_ACCEPTED("worker.accepted", Event.ACCEPTED, Unit.MESSAGES, WORKER),
  /** Messages that a worker's inbox took in and that will not be handled. */
  WORKER_DROPPED("worker.dropped", Event.DROPPED, Unit.MESSAGES, WORKER),
  /** Messages and tasks that were refused. */
  WORKER_REJECTED("worker.rejected", Event.REJECTED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Posts that were cancelled while they waited for room, and tasks that were cancelled. */
  WORKER_CANCELLED("worker.cancelled", Event.CANCELLED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Messages and tasks that were begun. */
  WORKER_STARTED("worker.started", Event.STARTED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Messages and tasks that were done. */
  WORKER_SUCCEEDED("worker.succeeded", Event.SUCCEEDED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Messages and tasks that ended in an error. */
  WORKER_FAILED("worker.failed", Event.FAILED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Threads that could not be ended. */
  WORKER_ABANDONED("worker.abandoned", Event.ABANDONED, Unit.THREADS, WORKER, WORKER_POOL),
  /** How long a thread was busy with a message or task. */
  WORKER_BUSY("worker.busy", Timing.RUN, WORKER, WORKER_POOL),
  /** How long tasks waited for a thread. */
  WORKER_WAIT("worker.wait", Timing.WAIT, WORKER_POOL),
  /** How long tasks kept a thread, until it was ready for the next. */
  WORKER_HOLD("worker.hold", Timing.HOLD, WORKER_POOL),
  /** Messages in the inbox, tasks in the queue. */
  WORKER_QUEUED("worker.queued", Level.BUFFERED, Unit.TASKS, WORKER, WORKER_POOL),
  /** Threads that are at a task, or about to be. */
  WORKER_ACTIVE("worker.active", Level.ACTIVE, Unit.THREADS, WORKER_POOL),

  /** Loads that were begun. */
  MAP_LOADS("map.loads", Event.STARTED, Unit.OPERATIONS, MAP),
  /** Loads that ended well. */
  MAP_LOADED("map.loaded", Event.SUCCEEDED, Unit.OPERATIONS, MAP),
  /** Loads that ended in an error. */
  MAP_FAILED("map.failed", Event.FAILED, Unit.OPERATIONS, MAP),
  /** Loads that were cancelled, as nobody waited for them any more. */
  MAP_CANCELLED("map.cancelled", Event.CANCELLED, Unit.OPERATIONS, MAP),
  /** Calls that waited for a load, their own or another's. */
  MAP_WAITS("map.waits", Event.WAITING, Unit.OPERATIONS, MAP),
  /** How long loads took, their wait for the key's turn included. */
  MAP_LOAD("map.load", Timing.RUN, MAP),
  /** Entries. */
  MAP_SIZE("map.size", Level.BUFFERED, Unit.ENTRIES, MAP),

  /** What a construct counts that has no meters of its own, by {@link Tag#EVENT}. */
  OTHER_EVENTS("other.events", Meter.Type.COUNTER, null, Unit.EVENTS, Tag.EVENT),
  /** What a construct measures that has no meters of its own, by {@link Tag#TIMING}. */
  OTHER_TIME("other.time", Meter.Type.TIMER, null, Unit.SECONDS, Tag.TIMING),
  /** What can be looked at in a construct that has no meters of its own, by {@link Tag#LEVEL}. */
  OTHER_LEVEL("other.level", Meter.Type.GAUGE, null, Unit.NONE, Tag.LEVEL);

  /** The tags of the meters. */
  public enum Tag implements KeyName {
    /** What the construct is, as its {@link Kind} in lower case, with hyphens. */
    KIND,
    /** The name that the construct was given; {@code none} if it has none. */
    NAME,
    /** Of {@link #OTHER_EVENTS}: the {@link Event}. */
    EVENT,
    /** Of {@link #OTHER_TIME}: the {@link Timing}. */
    TIMING,
    /** Of {@link #OTHER_LEVEL}: the {@link Level}. */
    LEVEL;

    @Override
    public String asString() {
      return label(this);
    }
  }

  private static final class Unit {
    static final String NONE = "";
    static final String ATTEMPTS = "attempts";
    static final String ELEMENTS = "elements";
    static final String ENTRIES = "entries";
    static final String EVENTS = "events";
    static final String MESSAGES = "messages";
    static final String OPERATIONS = "operations";
    static final String PERMITS = "permits";
    static final String SECONDS = "seconds";
    static final String SUBSCRIBERS = "subscribers";
    static final String TASKS = "tasks";
    static final String THREADS = "threads";
    static final String TRANSACTIONS = "transactions";
  }

  private static final class Kinds {
    static final Kind[] LOCKS = {MUTEX, REENTRANT_MUTEX, KEYED_MUTEX, READ_WRITE_MUTEX, SEMAPHORE};
    static final Kind[] LIMITED = with(LOCKS, COUNT_DOWN_LATCH);
    static final Kind[] SYNC = with(LIMITED, CYCLIC_BARRIER);

    private static Kind[] with(Kind[] kinds, Kind another) {
      return Stream.concat(Arrays.stream(kinds), Stream.of(another)).toArray(Kind[]::new);
    }
  }

  private final String name;
  private final Meter.Type type;
  private final @Nullable Enum<?> source;
  private final String unit;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final Set<Kind> kinds;

  @SuppressWarnings("ImmutableEnumChecker") // never changed, or given away
  private final KeyName[] keys;

  VeloxMeters(String name, Event event, String unit, Kind... kinds) {
    this(name, Meter.Type.COUNTER, event, unit, kinds);
  }

  VeloxMeters(String name, Timing timing, Kind... kinds) {
    this(name, Meter.Type.TIMER, timing, Unit.SECONDS, kinds);
  }

  VeloxMeters(String name, Level level, String unit, Kind... kinds) {
    this(name, Meter.Type.GAUGE, level, unit, kinds);
  }

  VeloxMeters(String name, Meter.Type type, Enum<?> source, String unit, Kind... kinds) {
    this.name = "velox." + name;
    this.type = type;
    this.source = source;
    this.unit = unit;
    this.kinds = EnumSet.copyOf(List.of(kinds));
    this.keys = new KeyName[] {Tag.KIND, Tag.NAME};
  }

  VeloxMeters(String name, Meter.Type type, @Nullable Enum<?> source, String unit, Tag ownTag) {
    this.name = "velox." + name;
    this.type = type;
    this.source = source;
    this.unit = unit;
    this.kinds = EnumSet.of(OTHER);
    this.keys = new KeyName[] {Tag.KIND, Tag.NAME, ownTag};
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public Meter.Type getType() {
    return type;
  }

  @Override
  public String getBaseUnit() {
    return unit;
  }

  @Override
  public KeyName[] getKeyNames() {
    return keys.clone();
  }

  @Override
  public String getPrefix() {
    return "velox.";
  }

  /** Whether constructs of a kind have it. */
  boolean isOf(Kind kind) {
    return kinds.contains(kind);
  }

  /**
   * The {@code Event}, {@code Timing} or {@code Level} that it shows; {@code null} if a tag tells.
   */
  @Nullable Enum<?> source() {
    return source;
  }

  /** An enum constant as the value of a tag. */
  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
