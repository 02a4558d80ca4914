package dev.velox.reactor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

class WaiterQueueTest {

  private static final class Ticket extends Waiter<String> {
    @Override
    public void run() {}

    boolean leave() {
      return abandon() == WAITED;
    }

    Object taken() {
      return abandon();
    }

    Object delivered() {
      return beginDelivery();
    }

    boolean expire() {
      return tryTimeOut();
    }
  }

  private static <E> List<E> all(WaiterQueue<E> queue) {
    List<E> all = new ArrayList<>();
    queue.forEach(all::add);
    return all;
  }

  @Test
  void behaves_as_a_deque_under_random_operations_and_old_versions_stay() {
    Random random = new Random(42);
    WaiterQueue<Integer> queue = WaiterQueue.empty();
    Deque<Integer> model = new ArrayDeque<>();
    WaiterQueue<Integer> kept = queue;
    List<Integer> keptModel = List.of();
    for (int i = 0; i < 20_000; i++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          queue = queue.plus(i);
          model.addLast(i);
        }
        case 2 -> {
          queue = queue.plusFirst(i);
          model.addFirst(i);
        }
        default -> {
          queue = queue.minusFirst();
          model.pollFirst();
        }
      }
      assertThat(queue.peek()).isEqualTo(model.peekFirst());
      assertThat(queue.size()).isEqualTo(model.size());
      if (i % 1_000 == 0) {
        assertThat(all(kept)).isEqualTo(keptModel);
        kept = queue;
        keptModel = List.copyOf(model);
        assertThat(all(queue)).isEqualTo(keptModel);
      }
    }
  }

  @Test
  void a_sweep_keeps_those_that_wait_in_their_order() {
    List<Ticket> tickets = new ArrayList<>();
    WaiterQueue<Ticket> queue = WaiterQueue.empty();
    for (int i = 0; i < 100; i++) {
      Ticket ticket = new Ticket();
      tickets.add(ticket);
      queue = queue.plus(ticket);
      if (i == 50) {
        queue = queue.minusFirst();
      }
    }
    for (int i = 0; i < 100; i += 3) {
      tickets.get(i).leave();
    }

    WaiterQueue<Ticket> swept = WaiterQueue.withoutEnded(queue);

    List<Ticket> waiting = tickets.subList(1, 100).stream().filter(Waiter::isWaiting).toList();
    assertThat(all(swept)).isEqualTo(waiting);
    assertThat(swept.size()).isEqualTo(waiting.size());
    assertThat(WaiterQueue.withoutEnded(swept)).isSameAs(swept);
  }

  @Test
  void of_grant_cancel_and_time_out_exactly_one_wins() {
    for (int i = 0; i < 20_000; i++) {
      Ticket ticket = new Ticket();
      AtomicInteger wins = new AtomicInteger();
      AtomicInteger cancelled = new AtomicInteger();
      RaceTestUtils.race(
          () -> {
            if (ticket.grant("a")) {
              wins.incrementAndGet();
            }
          },
          () -> {
            if (ticket.grant("b")) {
              wins.incrementAndGet();
            }
          },
          () -> {
            if (ticket.expire()) {
              wins.incrementAndGet();
            }
          },
          () -> {
            if (ticket.leave()) {
              cancelled.incrementAndGet();
            }
          });
      assertThat(wins.get() + cancelled.get()).isBetween(0, 1);
      assertThat(ticket.isWaiting()).isFalse();
    }
  }

  @Test
  void a_grant_is_delivered_or_taken_back_and_never_both() {
    for (int i = 0; i < 20_000; i++) {
      Ticket ticket = new Ticket();
      ticket.grant("granted");
      AtomicInteger had = new AtomicInteger();
      RaceTestUtils.race(
          () -> {
            if (ticket.delivered() != null) {
              had.incrementAndGet();
            }
          },
          () -> {
            if (ticket.taken() != null) {
              had.incrementAndGet();
            }
          });
      assertThat(had).hasValue(1);
    }
  }
}
