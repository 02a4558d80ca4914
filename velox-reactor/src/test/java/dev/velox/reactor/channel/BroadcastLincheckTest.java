package dev.velox.reactor.channel;

import dev.velox.reactor.testing.Linearizability;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Linearizability of a broadcast's log, single publications and runs of several beside it. */
@Tag("stress")
class BroadcastLincheckTest {

  private static final int BUFFER = 4;
  private static final int REPLAY = 2;

  @Test
  void a_log_is_linearizable() {
    Linearizability.check(Log.class, Model.class);
  }

  /** Reads the log at its own pace, as a subscriber does. */
  private static final class Reader extends BroadcastCore.Receiver {
    Reader() {
      super(true, BUFFER);
    }

    @Override
    public void run() {
      // It looks when it is asked to.
    }
  }

  /** The core of a broadcast with one subscriber that is waited for. */
  public static final class Log {
    private final BroadcastCore core = new BroadcastCore(REPLAY, Integer.MAX_VALUE, signal -> {});
    private final Reader reader = new Reader();

    public Log() {
      core.join(reader);
    }

    @Operation
    public int publish(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.publish(element, null);
    }

    @Operation
    public int publishRun(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.publishRun(new Object[] {0, element, 10 + element, 20 + element}, 1, 4);
    }

    @Operation(nonParallelGroup = "reader")
    public String next() {
      BroadcastCore.State ignored = core.state();
      if (reader.ready() == 0) {
        return "nothing";
      }
      Object next = reader.take();
      VarHandle.fullFence();
      core.admit();
      return String.valueOf(next);
    }

    /** What a newcomer would get first. */
    @Operation
    public String replayed() {
      BroadcastCore.State state = core.state();
      long after = state.replayAfter(REPLAY);
      Reader newcomer = new Reader();
      newcomer.startAfter(state.replayFrom(), after);
      List<Object> seen = new ArrayList<>();
      for (long left = state.last().index - after; left > 0; left--) {
        seen.add(newcomer.ready() == 0 ? "not linked" : newcomer.take());
      }
      return seen.toString();
    }

    @Operation
    public boolean close() {
      return core.close(null);
    }
  }

  /** What each operation means, one after the other. */
  public static final class Model {
    private final List<Integer> log = new ArrayList<>();
    private int passed;
    private boolean closed;

    public int publish(int element) {
      if (closed) {
        return BroadcastCore.CLOSED;
      }
      if (log.size() - passed == BUFFER) {
        return BroadcastCore.FULL;
      }
      log.add(element);
      return 1;
    }

    public int publishRun(int element) {
      if (closed) {
        return BroadcastCore.CLOSED;
      }
      int sent = Math.min(3, BUFFER - (log.size() - passed));
      for (int i = 0; i < sent; i++) {
        log.add(10 * i + element);
      }
      return sent;
    }

    public String next() {
      return passed == log.size() ? "nothing" : String.valueOf(log.get(passed++));
    }

    public String replayed() {
      return log.subList(Math.max(0, log.size() - REPLAY), log.size()).toString();
    }

    public boolean close() {
      boolean first = !closed;
      closed = true;
      return first;
    }
  }
}
