package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Numbers.Defect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformanceReportTest {

  private static List<RuleResult> results() {
    List<RuleResult> results = new ArrayList<>();
    results.addAll(
        PublisherConformance.of("good", n -> Numbers.upTo(n, Defect.NONE))
            .fanOut(FanOut.MULTICAST)
            .cannotFail("<numbers> don't fail")
            .check(rule -> rule.section().matches("§1.(4|9)|§3.9")));
    results.addAll(
        PublisherConformance.of("bad", n -> Numbers.upTo(n, Defect.ACCEPTS_A_NULL_SUBSCRIBER))
            .fanOut(FanOut.MULTICAST)
            .failing(() -> Numbers.failed(Defect.NONE))
            .check(rule -> rule.section().matches("§1.(4|9)|§1.10")));
    return results;
  }

  @Test
  void the_table_has_a_row_per_subject_and_a_column_per_section() {
    assertThat(ConformanceReport.markdown(results()).lines())
        .containsExactly(
            "| | 1.4 | 1.9 | 1.10 | 3.9 |",
            "|---|:-:|:-:|:-:|:-:|",
            "| good | – | ✓ |  | ✓ |",
            "| bad | ✓ | ✗ | ✓ |  |",
            "",
            "✓ passed, ✗ failed, ○ optional and not met, – not applicable, blank: not run");
  }

  @Test
  void the_page_says_why(@TempDir Path directory) throws Exception {
    ConformanceReport.write(directory, results());

    assertThat(Files.readString(directory.resolve("index.html")))
        .contains("needs a failure: &lt;numbers&gt; don't fail")
        .contains("Publisher did not throw a NullPointerException when given a null Subscribe")
        .contains("README.md#1.9");
    assertThat(directory.resolve("conformance.md")).isRegularFile();
  }
}
