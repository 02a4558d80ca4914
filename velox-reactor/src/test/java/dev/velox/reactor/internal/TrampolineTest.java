package dev.velox.reactor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TrampolineTest {

  @Test
  void inner_signals_run_after_the_outer_one_in_their_order() {
    List<String> order = new ArrayList<>();
    Trampoline.run(
        () -> {
          Trampoline.run(() -> order.add("first"));
          Trampoline.run(
              () -> {
                Trampoline.run(() -> order.add("third"));
                order.add("second");
              });
          order.add("outer");
        });
    assertThat(order).containsExactly("outer", "first", "second", "third");
  }

  @Test
  void a_million_signals_each_caused_by_the_one_before_need_constant_stack() {
    AtomicInteger count = new AtomicInteger();
    Runnable[] signal = new Runnable[1];
    signal[0] =
        () -> {
          if (count.incrementAndGet() < 1_000_000) {
            Trampoline.run(signal[0]);
          }
        };
    Trampoline.run(signal[0]);
    assertThat(count).hasValue(1_000_000);
  }

  @Test
  void one_that_throws_does_not_keep_the_others_from_running() {
    List<String> order = new ArrayList<>();
    assertThatThrownBy(
            () ->
                Trampoline.run(
                    () -> {
                      Trampoline.run(() -> order.add("inner"));
                      throw new IllegalStateException("outer");
                    }))
        .hasMessage("outer");
    assertThat(order).containsExactly("inner");
    Trampoline.run(() -> order.add("next"));
    assertThat(order).containsExactly("inner", "next");
  }
}
