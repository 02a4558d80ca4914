package dev.velox.reactor.actor;

import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.testing.Linearizability;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each operation of a mailbox takes effect at one instant: checked against a plain queue. */
@Tag("stress")
class MailboxLincheckTest {

  private static final int CAPACITY = 2;

  @Test
  void a_mailbox_is_linearizable() {
    Linearizability.check(Shared.class, Plain.class, 30, 2_000);
  }

  private static final class Nobody implements Mailbox.Owner {
    @Override
    public void wake() {}

    @Override
    public Object accepted(Object mail) {
      return mail;
    }

    @Override
    public void discard(Object mail) {}
  }

  /** Ours, whose turn waits for what was accepted and is not linked yet. */
  public static class Shared {
    private final Mailbox mailbox = new Mailbox(new Nobody(), CAPACITY, Overflow.WAIT, null);

    @Operation
    public SendResult offer(@Param(gen = IntGen.class, conf = "1:9") int message) {
      return mailbox.offer(message);
    }

    @Operation(nonParallelGroup = "turn")
    public @Nullable Object take() {
      for (; ; ) {
        Object mail = mailbox.outlet().take();
        if (mail != null || mailbox.isEmpty()) {
          return mail;
        }
      }
    }

    @Operation
    public int size() {
      return mailbox.size();
    }

    @Operation
    public boolean closeIfIdle() {
      return mailbox.closeIfIdle();
    }

    @Operation
    public void close() {
      mailbox.close();
    }
  }

  /** The same for one thread. */
  public static class Plain {
    private final Queue<Integer> queue = new ArrayDeque<>();
    private boolean isClosed;

    public SendResult offer(int message) {
      if (isClosed) {
        return SendResult.CLOSED;
      }
      if (queue.size() == CAPACITY) {
        return SendResult.FULL;
      }
      queue.add(message);
      return SendResult.SENT;
    }

    public @Nullable Object take() {
      return queue.poll();
    }

    public int size() {
      return queue.size();
    }

    public boolean closeIfIdle() {
      if (isClosed || !queue.isEmpty()) {
        return false;
      }
      isClosed = true;
      return true;
    }

    public void close() {
      isClosed = true;
    }
  }
}
