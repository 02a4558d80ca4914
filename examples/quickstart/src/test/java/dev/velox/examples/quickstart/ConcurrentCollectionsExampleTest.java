package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConcurrentCollectionsExampleTest {

  @Test
  void the_map_answers_and_loads_once() {
    assertThat(ConcurrentCollectionsExample.map().collectList().block())
        .containsExactly(
            "set Ada",
            "Ada is 36",
            "now she is 37",
            "deleted: true",
            "nobody of that name",
            "Grace is 85 and 85",
            "loaded 1 time");
  }

  @Test
  void the_queue_holds_its_producer_up_and_keeps_the_order() {
    assertThat(ConcurrentCollectionsExample.queue().collectList().block())
        .containsSubsequence("dequeued the first", "dequeued the second")
        .contains("both are in")
        .hasSize(3);
  }

  @Test
  void the_queue_hands_over_batches_and_then_what_is_left() {
    assertThat(ConcurrentCollectionsExample.batches().collectList().block())
        .containsExactly(List.of(1, 2), List.of(3, 4), List.of(5));
  }
}
