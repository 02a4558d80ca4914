package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.SyncOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What reaches the application's listener does not depend on whether there is an endpoint. */
class ListenersTest {

  /** Tells what it learns, as from the construct of a kind and name. */
  private record Learning(String who, List<String> learnt) implements MetricsListener {

    @Override
    public MetricsListener forConstruct(Kind kind, @Nullable String name) {
      return new Learning(kind + " " + name, learnt);
    }

    @Override
    public <C> void level(Level level, C construct, ToLongFunction<? super C> reader) {
      learnt.add(who + ": level " + level);
    }

    @Override
    public void count(Event event) {
      learnt.add(who + ": " + event);
    }

    @Override
    public void time(Timing timing, long amount, TimeUnit unit) {
      // How long is not the point.
    }
  }

  private static List<String> learntFromMutex(@Nullable Counters counters) {
    List<String> learnt = new ArrayList<>();
    MetricsListener listener =
        new Listeners(new Learning("unknown", learnt), counters).of("mutexes", "ledger");
    Mutex mutex = Mutex.create(SyncOptions.named("ledger").metrics(listener));
    mutex.tryLock().orElseThrow().release();
    return learnt;
  }

  @Test
  void the_endpoint_hides_neither_name_nor_levels_from_the_applications_listener() {
    Counters counters = new Counters();

    List<String> learnt = learntFromMutex(counters);

    assertThat(learnt)
        .isEqualTo(learntFromMutex(null))
        .contains("MUTEX ledger: DELIVERED", "MUTEX ledger: level WAITING");
    assertThat(counters.counts("mutexes", "ledger")).containsEntry("DELIVERED", 1L);
  }
}
