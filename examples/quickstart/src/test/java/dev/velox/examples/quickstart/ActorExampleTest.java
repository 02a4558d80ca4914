package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ActorExampleTest {

  @Test
  void the_counter_counts() {
    assertThat(ActorExample.count().block(Duration.ofSeconds(40))).isEqualTo(1);
  }

  @Test
  void so_does_the_one_made_by_hand() {
    assertThat(ActorExample.countByHand().block(Duration.ofSeconds(40))).isEqualTo(1);
  }

  @Test
  void each_page_has_a_counter_of_its_own() {
    assertThat(ActorExample.countPages().block(Duration.ofSeconds(40))).containsExactly(2, 1);
  }
}
