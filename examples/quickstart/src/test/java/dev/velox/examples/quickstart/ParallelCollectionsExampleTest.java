package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParallelCollectionsExampleTest {

  private final ParallelCollectionsExample example = new ParallelCollectionsExample();

  @Test
  void map_filter_and_reduce_do_what_the_specification_says() {
    assertThat(example.map().block())
        .isEqualTo(IntStream.rangeClosed(1, 1000).mapToObj(i -> i * i).toList());
    assertThat(example.filter().block())
        .isEqualTo(IntStream.rangeClosed(1, 1000).filter(i -> i % 2 == 0).boxed().toList());
    assertThat(example.reduce().block()).isEqualTo(500_500);
  }

  @Test
  void plain_functions_compute() {
    assertThat(example.primes().block()).isEqualTo(168);
    assertThat(example.joined().block())
        .isEqualTo(
            IntStream.rangeClosed(1, 1000).mapToObj(String::valueOf).collect(Collectors.joining()));
  }

  @Test
  void it_runs() {
    ParallelCollectionsExample.main(new String[0]);
  }
}
