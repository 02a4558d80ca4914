package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.Overflow;
import java.time.Duration;
import java.util.Comparator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** The options of an actor, shared by all that one builder builds. */
record Settings(
    int capacity,
    Overflow overflow,
    @Nullable Comparator<Object> priority,
    int throughput,
    @Nullable Duration askTimeout,
    Supervision supervision,
    @Nullable Scheduler scheduler,
    @Nullable Scheduler timer,
    @Nullable Consumer<? super DeadLetter> onDeadLetter,
    @Nullable Consumer<? super ActorEvent> onEvent,
    @Nullable MetricsListener metrics) {

  static final Settings DEFAULT =
      new Settings(
          1024, Overflow.WAIT, null, 64, null, Supervision.resume(), null, null, null, null, null);
}
