package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ActorExampleTest {

  @Test
  void the_counter_counts_answers_and_ends() {
    assertThat(ActorExample.story().collectList().block())
        .containsExactly("one up", "one up", "one down", "it is at 1", "it ended: STOPPED");
  }
}
