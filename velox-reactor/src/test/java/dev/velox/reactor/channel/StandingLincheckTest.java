package dev.velox.reactor.channel;

import dev.velox.reactor.testing.Linearizability;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Linearizability of a receiver that keeps its place in line, between other operations. */
@Tag("stress")
class StandingLincheckTest {

  @Test
  void a_standing_receiver_is_linearizable() {
    Linearizability.check(Standing.class, Model.class);
  }

  /** The core of a channel of capacity 2. */
  public static final class Standing {
    private final ChannelCore core =
        new ChannelCore(2, Overflow.WAIT, Integer.MAX_VALUE, Integer.MAX_VALUE, signal -> {});
    private volatile @Nullable StandingReceiver place;

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

    /** The next element for the one who stands in line, as {@link ChannelFlux} receives it. */
    @Operation(nonParallelGroup = "receiver")
    public String next() {
      for (; ; ) {
        StandingReceiver own = place;
        if (own == null) {
          own = new StandingReceiver(() -> {});
          Object taken = core.take(own, false);
          if (taken != ChannelCore.NOTHING) {
            return String.valueOf(taken);
          }
          place = own;
        } else {
          Object found = own.fetch();
          if (found == null) {
            if (core.state().receivers().peek() == own) {
              return "waiting";
            }
            continue; // It is about to be granted something, the end at least.
          }
          if (found == StandingReceiver.DETACHED) {
            place = null;
            continue;
          }
          if (found != StandingReceiver.WORKING) {
            return String.valueOf(found);
          }
        }
        if (!own.await()) {
          place = null;
        }
      }
    }
  }

  /** What each operation means, one after the other. */
  public static final class Model {
    private final Deque<Integer> buffer = new ArrayDeque<>();
    private boolean closed;
    private boolean waits;
    private @Nullable String granted;

    public String trySend(int element) {
      if (closed) {
        return "CLOSED";
      }
      if (waits) {
        waits = false;
        granted = String.valueOf(element);
        return "SENT";
      }
      if (buffer.size() < 2) {
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
        granted = "END";
      }
      return true;
    }

    public String next() {
      if (granted != null) {
        String given = granted;
        granted = null;
        return given;
      }
      if (waits) {
        return "waiting";
      }
      String taken = tryReceive();
      waits = taken.equals("nothing");
      return waits ? "waiting" : taken;
    }
  }
}
