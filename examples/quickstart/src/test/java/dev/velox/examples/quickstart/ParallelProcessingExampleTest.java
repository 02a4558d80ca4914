package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.examples.quickstart.ParallelProcessingExample.Item;
import dev.velox.examples.quickstart.ParallelProcessingExample.Result;
import dev.velox.reactor.parallel.Settled;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class ParallelProcessingExampleTest {

  private final ParallelProcessingExample example = new ParallelProcessingExample();
  private final List<Item> items = IntStream.range(0, 10).mapToObj(Item::new).toList();

  @Test
  void results_come_in_the_order_of_the_items_and_the_limit_is_kept() {
    assertThat(example.processWithConcurrency(items, 3).block())
        .extracting(Result::id)
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(example.mostAtOnce()).isEqualTo(3);
    assertThat(example.processStream(Flux.fromIterable(items), 3).collectList().block())
        .extracting(Result::id)
        .isSorted()
        .hasSize(10);
  }

  @Test
  void a_batch_runs_all_at_once() {
    assertThat(example.processBatch(items).block()).hasSize(10);
    assertThat(example.mostAtOnce()).isEqualTo(10);
  }

  @Test
  void all_outcomes_are_told() {
    assertThat(example.processAll(items).block())
        .hasSize(10)
        .filteredOn(Settled::isFailure)
        .extracting(Settled::index)
        .containsExactly(1L, 3L, 5L, 7L, 9L);
  }

  @Test
  void it_runs() {
    ParallelProcessingExample.main(new String[0]);
  }
}
