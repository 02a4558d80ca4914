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

/**
 * Linearizability of the deciding core, checked against a plain queue by model checking and by
 * stress: three threads, a few operations each, all interleavings that the checker gets to.
 */
@Tag("stress")
class ChannelLincheckTest {

  @Test
  void a_rendezvous_is_linearizable() {
    Linearizability.check(Rendezvous.class, RendezvousModel.class);
  }

  @Test
  void a_capacity_of_one_is_linearizable() {
    Linearizability.check(One.class, OneModel.class);
  }

  @Test
  void a_capacity_of_two_is_linearizable() {
    Linearizability.check(Two.class, TwoModel.class);
  }

  @Test
  void an_unbounded_channel_is_linearizable() {
    Linearizability.check(Unbounded.class, UnboundedModel.class);
  }

  @Test
  void a_conflated_channel_is_linearizable() {
    Linearizability.check(Conflated.class, ConflatedModel.class);
  }

  @Test
  void a_channel_that_drops_the_latest_is_linearizable() {
    Linearizability.check(DropLatest.class, DropLatestModel.class);
  }

  /** A receiver whose subscriber never leaves; its outcome is looked at by another operation. */
  private static final class Receiver extends ReceiveWaiter {
    @Override
    public void run() {}

    /** Told of at the instant at which it is unlinked, which is a little before it is granted. */
    @Nullable Object got(ChannelCore core) {
      while (outcome() == null && core.state().receivers().peek() != this) {
        // It is about to be granted something.
      }
      return outcome();
    }
  }

  private static final class Sender extends SendWaiter {
    private final Object element;

    Sender(Object element) {
      this.element = element;
    }

    @Override
    @Nullable Object element() {
      return element;
    }

    @Override
    boolean hasElement() {
      return true;
    }

    @Override
    public void run() {}
  }

  /** The core, driven without any publisher. */
  public abstract static class Core {
    private final ChannelCore core;
    private final Receiver first = new Receiver();
    private volatile boolean firstLinedUp;
    private volatile boolean firstWaits;

    Core(int capacity, Overflow overflow) {
      core =
          new ChannelCore(capacity, overflow, Integer.MAX_VALUE, Integer.MAX_VALUE, signal -> {});
    }

    @Operation
    public String trySend(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.offer(element, null, displaced -> {}).name();
    }

    @Operation
    public String tryReceive() {
      Object taken = core.take(null, false);
      return taken == ChannelCore.NOTHING ? "nothing" : String.valueOf(taken);
    }

    /** Sends several at one instant, as many as there is room for. */
    @Operation
    public int trySendThree(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.offerAll(
          new Object[] {element, element + 10, element + 20}, 0, 3, discarded -> {});
    }

    @Operation
    public int size() {
      return core.size();
    }

    @Operation
    public String peek() {
      return String.valueOf(core.peek());
    }

    @Operation
    public boolean close() {
      return core.close(null);
    }

    /** Sends, waiting if it has to. */
    @Operation
    public String send(@Param(gen = IntGen.class, conf = "1:9") int element) {
      return core.offer(element, new Sender(element), displaced -> {}).name();
    }

    /** The one waiting receiver: lines up once, then tells what it was granted. */
    @Operation(nonParallelGroup = "receiver")
    public String receive() {
      if (!firstLinedUp) {
        firstLinedUp = true;
        Object taken = core.take(first, false);
        firstWaits = taken == ChannelCore.NOTHING;
        return firstWaits ? "waiting" : "got " + taken;
      }
      return firstWaits ? String.valueOf(first.got(core)) : "null";
    }
  }

  /** What each operation means, one after the other. */
  public abstract static class Model {
    private final int capacity;
    private final Overflow overflow;
    private final Deque<Integer> buffer = new ArrayDeque<>();
    private final Deque<Integer> senders = new ArrayDeque<>();
    private boolean closed;
    private boolean linedUp;
    private boolean waits;
    private @Nullable Object granted;

    Model(int capacity, Overflow overflow) {
      this.capacity = capacity;
      this.overflow = overflow;
    }

    public String trySend(int element) {
      return offer(element, false);
    }

    public String send(int element) {
      return offer(element, true);
    }

    private String offer(int element, boolean mayWait) {
      if (closed) {
        return "CLOSED";
      }
      if (waits) {
        waits = false;
        granted = element;
        return "SENT";
      }
      if (buffer.size() < capacity) {
        buffer.add(element);
        return "SENT";
      }
      if (overflow == Overflow.DROP_OLDEST) {
        buffer.poll();
        buffer.add(element);
        return "SENT";
      }
      if (overflow == Overflow.DROP_LATEST) {
        return "DROPPED";
      }
      if (mayWait) {
        senders.add(element);
        return "WAITING";
      }
      return "FULL";
    }

    public String tryReceive() {
      Object taken = take();
      return taken == null ? "nothing" : String.valueOf(taken);
    }

    private @Nullable Object take() {
      Integer first = buffer.poll();
      if (first == null) {
        first = senders.poll();
      } else if (!senders.isEmpty()) {
        buffer.add(senders.poll());
      }
      return first == null && closed ? "END" : first;
    }

    public int trySendThree(int element) {
      if (closed) {
        return 0;
      }
      int sent = Math.min(3, capacity - buffer.size());
      if (waits && sent <= 1) {
        sent = 1;
      }
      for (int index = 0; index < sent; index++) {
        offer(element + 10 * index, false);
      }
      return Math.max(0, sent);
    }

    public int size() {
      return buffer.size();
    }

    public String peek() {
      return String.valueOf(buffer.peek());
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

    public String receive() {
      if (linedUp) {
        return String.valueOf(granted);
      }
      linedUp = true;
      Object taken = take();
      if (taken == null) {
        waits = true;
        return "waiting";
      }
      return "got " + taken;
    }
  }

  /** No buffer. */
  public static final class Rendezvous extends Core {
    public Rendezvous() {
      super(0, Overflow.WAIT);
    }
  }

  /** No buffer. */
  public static final class RendezvousModel extends Model {
    public RendezvousModel() {
      super(0, Overflow.WAIT);
    }
  }

  /** A buffer of one. */
  public static final class One extends Core {
    public One() {
      super(1, Overflow.WAIT);
    }
  }

  /** A buffer of one. */
  public static final class OneModel extends Model {
    public OneModel() {
      super(1, Overflow.WAIT);
    }
  }

  /** A buffer of two. */
  public static final class Two extends Core {
    public Two() {
      super(2, Overflow.WAIT);
    }
  }

  /** A buffer of two. */
  public static final class TwoModel extends Model {
    public TwoModel() {
      super(2, Overflow.WAIT);
    }
  }

  /** A buffer without limit. */
  public static final class Unbounded extends Core {
    public Unbounded() {
      super(Integer.MAX_VALUE, Overflow.WAIT);
    }
  }

  /** A buffer without limit. */
  public static final class UnboundedModel extends Model {
    public UnboundedModel() {
      super(Integer.MAX_VALUE, Overflow.WAIT);
    }
  }

  /** The latest element only. */
  public static final class Conflated extends Core {
    public Conflated() {
      super(1, Overflow.DROP_OLDEST);
    }
  }

  /** The latest element only. */
  public static final class ConflatedModel extends Model {
    public ConflatedModel() {
      super(1, Overflow.DROP_OLDEST);
    }
  }

  /** Newcomers are dropped. */
  public static final class DropLatest extends Core {
    public DropLatest() {
      super(2, Overflow.DROP_LATEST);
    }
  }

  /** Newcomers are dropped. */
  public static final class DropLatestModel extends Model {
    public DropLatestModel() {
      super(2, Overflow.DROP_LATEST);
    }
  }
}
