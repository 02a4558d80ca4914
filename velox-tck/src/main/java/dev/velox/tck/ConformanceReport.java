package dev.velox.tck;

import dev.velox.tck.RuleResult.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What came of every rule whose test ran in this JVM, as a page {@code index.html} and a table
 * {@code conformance.md} for a README.
 *
 * <p>They are written whenever the tests of a subject have run, and at the end of the JVM, into
 * {@code target/reactive-streams-conformance} or the directory named by the system property {@code
 * velox.tck.report}. They tell of one JVM: where a build forks several, give each its directory.
 */
public final class ConformanceReport {

  private static final Map<String, RuleResult> RESULTS = new LinkedHashMap<>();

  private ConformanceReport() {}

  static void record(RuleResult result) {
    synchronized (RESULTS) {
      if (RESULTS.isEmpty()) {
        // Where tests run in parallel, JUnit closes the stream of tests before they have run.
        Runtime.getRuntime().addShutdownHook(new Thread(ConformanceReport::write));
      }
      RESULTS.put(result.subject() + '\n' + result.rule().id(), result);
    }
  }

  /**
   * The results so far, in the order in which they came.
   *
   * @return the results
   */
  public static List<RuleResult> results() {
    synchronized (RESULTS) {
      return List.copyOf(RESULTS.values());
    }
  }

  static void write() {
    write(
        Path.of(System.getProperty("velox.tck.report", "target/reactive-streams-conformance")),
        results());
  }

  static synchronized void write(Path directory, List<RuleResult> results) {
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("index.html"), html(results));
      Files.writeString(directory.resolve("conformance.md"), markdown(results));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Subjects as rows, sections as columns; a section passes if all of its checks do. */
  static String markdown(List<RuleResult> results) {
    Collection<List<RuleResult>> sections = bySection(results).values();
    StringBuilder table = new StringBuilder("| |");
    for (List<RuleResult> section : sections) {
      String name = section.get(0).rule().section();
      table.append(' ').append(name.replace("§", "")).append(" |");
    }
    table.append("\n|---|").append(":-:|".repeat(sections.size())).append('\n');
    for (String subject : subjects(results)) {
      table.append("| ").append(subject.replace("|", "\\|")).append(" |");
      for (List<RuleResult> section : sections) {
        table.append(' ').append(mark(of(subject, section))).append(" |");
      }
      table.append('\n');
    }
    table.append(
        "\n✓ passed, ✗ failed, ○ optional and not met, – not applicable, blank: not run\n");
    return table.toString();
  }

  private static String mark(List<RuleResult> results) {
    if (results.isEmpty()) {
      return "";
    }
    if (results.stream().anyMatch(result -> result.outcome() == Outcome.FAILED)) {
      return "✗";
    }
    if (results.stream().anyMatch(result -> result.outcome() == Outcome.NOT_MET)) {
      return "○";
    }
    long passed = results.stream().filter(r -> r.outcome() == Outcome.PASSED).count();
    return passed == 0 ? "–" : "✓";
  }

  private static String html(List<RuleResult> results) {
    Collection<String> subjects = subjects(results);
    StringBuilder page = new StringBuilder(HEAD);
    page.append("<p>").append(summary(results)).append("</p>\n<table><thead><tr><th>Rule</th>");
    subjects.forEach(subject -> page.append("<th>").append(escape(subject)).append("</th>"));
    page.append("</tr></thead><tbody>\n");
    for (List<RuleResult> section : bySection(results).values()) {
      for (List<RuleResult> rule : byRule(section).values()) {
        page.append(row(rule, subjects));
      }
    }
    return page.append("</tbody></table></body></html>\n").toString();
  }

  private static String row(List<RuleResult> results, Collection<String> subjects) {
    Rule rule = results.get(0).rule();
    StringBuilder row = new StringBuilder("<tr><th scope=\"row\"><a href=\"");
    row.append(rule.link()).append("\">").append(rule.section()).append("</a> ");
    row.append(escape(rule.title())).append(" <small>").append(rule.kind()).append(", ");
    row.append(rule.origin()).append("</small></th>");
    for (String subject : subjects) {
      List<RuleResult> result = of(subject, results);
      if (result.isEmpty()) {
        row.append("<td></td>");
      } else {
        Outcome outcome = result.get(0).outcome();
        String reason = escape(result.get(0).reason());
        row.append("<td class=\"").append(outcome).append("\" title=\"").append(reason);
        row.append("\">").append(word(outcome));
        if (outcome == Outcome.FAILED || outcome == Outcome.NOT_MET) {
          row.append("<br><small>").append(reason).append("</small>");
        }
        row.append("</td>");
      }
    }
    return row.append("</tr>\n").toString();
  }

  private static String word(Outcome outcome) {
    return switch (outcome) {
      case PASSED -> "✓";
      case FAILED -> "✗ failed";
      case NOT_MET -> "○ not met";
      case NOT_APPLICABLE -> "–";
    };
  }

  private static String summary(List<RuleResult> results) {
    Map<Outcome, Long> counts =
        results.stream()
            .collect(
                Collectors.groupingBy(RuleResult::outcome, TreeMap::new, Collectors.counting()));
    return subjects(results).size()
        + " subjects, "
        + counts.getOrDefault(Outcome.PASSED, 0L)
        + " checks passed, "
        + counts.getOrDefault(Outcome.FAILED, 0L)
        + " failed, "
        + counts.getOrDefault(Outcome.NOT_MET, 0L)
        + " optional ones not met, "
        + counts.getOrDefault(Outcome.NOT_APPLICABLE, 0L)
        + " not applicable (the reason is in the cell's tooltip).";
  }

  private static Set<String> subjects(List<RuleResult> results) {
    return results.stream()
        .map(RuleResult::subject)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static Map<String, List<RuleResult>> bySection(List<RuleResult> results) {
    return results.stream()
        .collect(
            Collectors.groupingBy(
                result -> order(result.rule().section()), TreeMap::new, Collectors.toList()));
  }

  /** Puts §1.9 before §1.10, and the checks of the declarations first. */
  private static String order(String section) {
    int dot = section.indexOf('.');
    return dot < 0 ? "" : section.substring(0, dot) + "%02d".formatted(after(section, dot));
  }

  private static int after(String section, int dot) {
    return Integer.parseInt(section.substring(dot + 1));
  }

  private static Map<String, List<RuleResult>> byRule(List<RuleResult> results) {
    Map<String, List<RuleResult>> rules = new LinkedHashMap<>();
    for (RuleResult result : results) {
      rules.computeIfAbsent(result.rule().id(), id -> new ArrayList<>()).add(result);
    }
    return rules;
  }

  private static List<RuleResult> of(String subject, List<RuleResult> results) {
    return results.stream().filter(result -> result.subject().equals(subject)).toList();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Reactive Streams conformance</title>
      <style>
        body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; }
        table { border-collapse: collapse; }
        th, td { border: 1px solid #ddd; padding: .3rem .6rem; text-align: left;
                 vertical-align: top; }
        thead th { position: sticky; top: 0; background: #f6f6f6; }
        tbody th { font-weight: normal; }
        small { color: #666; }
        .PASSED { background: #e6f4ea; } .FAILED { background: #fce8e6; }
        .NOT_MET { background: #fff4e0; } .NOT_APPLICABLE { color: #999; }
      </style></head><body><h1>Reactive Streams conformance</h1>
      """;
}
