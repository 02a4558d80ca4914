package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import dev.velox.reactor.testing.Linearizability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Linearizability of a receive of several elements, between other operations. */
@Tag("stress")
class GatheringLincheckTest {

  private static final int MIN = 2;
  private static final int MAX = 3;

  @Test
  void gathering_is_linearizable() {
    Linearizability.check(Gathering.class, Model.class);
  }

  private static String told(WaiterQueue<Object> elements) {
    List<Object> list = new ArrayList<>();
    elements.forEach(list::add);
    return list.toString();
  }

  private static final class Gatherer extends GatheringWaiter {
    Gatherer() {
      super(MIN, MAX);
    }

    @Override
    public void run() {}

    /** Told of at the instant at which it is unlinked, which is a little before it is granted. */
    String got(ChannelCore core) {
      for (; ; ) {
        if (hasEnded()) {
          return outcome() instanceof All all ? told(all.elements()) : "END";
        }
        AtomicBoolean inLine = new AtomicBoolean();
        core.state()
            .receivers()
            .forEach(
                receiver -> {
                  if (receiver == this) {
                    inLine.set(true);
                  }
                });
        if (inLine.get()) {
          return "waiting";
        }
      }
    }
  }

  /** The core of a channel of capacity 1. */
  public static final class Gathering {
    private final ChannelCore core =
        new ChannelCore(1, Overflow.WAIT, Integer.MAX_VALUE, Integer.MAX_VALUE, signal -> {});
    private final Gatherer gatherer = new Gatherer();
    private boolean asked;
    private boolean waits;

    @Operation
    public String trySend(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.offer(element, null, displaced -> {}).name();
    }

    @Operation
    public String tryReceive() {
      Object taken = core.take(null, false);
      return taken == ChannelCore.NOTHING ? "nothing" : String.valueOf(taken);
    }

    @Operation
    public int size() {
      return core.size();
    }

    @Operation
    public boolean close() {
      return core.close(null);
    }

    /** Lines up once, then tells what it was granted. */
    @Operation(nonParallelGroup = "gatherer")
    @SuppressWarnings("unchecked") // what is taken is a queue of elements
    public String gather() {
      if (asked) {
        return waits ? gatherer.got(core) : "done";
      }
      asked = true;
      Object taken = core.takeMany(gatherer);
      if (taken == ChannelCore.NOTHING) {
        waits = true;
        return "waiting";
      }
      return taken instanceof WaiterQueue<?> elements
          ? "got " + told((WaiterQueue<Object>) elements)
          : "got " + taken;
    }
  }

  /** What each operation means, one after the other. */
  public static final class Model {
    private final Deque<Integer> buffer = new ArrayDeque<>();
    private final List<Integer> gathered = new ArrayList<>();
    private boolean closed;
    private boolean asked;
    private boolean waits;
    private @Nullable String granted;

    public String trySend(int element) {
      if (closed) {
        return "CLOSED";
      }
      if (waits) {
        gathered.add(element);
        if (gathered.size() == MIN) {
          waits = false;
          granted = gathered.toString();
        }
        return "SENT";
      }
      if (buffer.isEmpty()) {
        buffer.add(element);
        return "SENT";
      }
      return "FULL";
    }

    public String tryReceive() {
      Integer first = buffer.poll();
      return first != null ? String.valueOf(first) : closed ? "END" : "nothing";
    }

    public int size() {
      return buffer.size();
    }

    public boolean close() {
      if (closed) {
        return false;
      }
      closed = true;
      if (waits) {
        waits = false;
        granted = gathered.isEmpty() ? "END" : gathered.toString();
      }
      return true;
    }

    public String gather() {
      if (asked) {
        return granted != null ? granted : waits ? "waiting" : "done";
      }
      asked = true;
      Integer first = buffer.poll();
      if (closed) {
        return first == null ? "got END" : "got [" + first + "]";
      }
      waits = true;
      if (first != null) {
        gathered.add(first);
      }
      return "waiting";
    }
  }
}
