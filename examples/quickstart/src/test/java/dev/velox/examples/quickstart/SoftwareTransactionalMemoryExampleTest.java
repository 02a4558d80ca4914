package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SoftwareTransactionalMemoryExampleTest {

  @Test
  void the_bank_ends_with_what_was_transferred() {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      SoftwareTransactionalMemoryExample.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "balances: [60, 40]",
            "paid by alice",
            "balances: [10, 100]",
            "in a transaction: false, then true");
  }
}
