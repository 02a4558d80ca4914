package dev.velox.benchmarks;

import dev.velox.benchmarks.Goals.Goal;
import dev.velox.benchmarks.Rows.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Turns measurements into pages: {@code measured.tsv} (every row), a page per group with its ratios
 * and all of its peers, a growth plot where a parameter grows, and the table of ratios in {@code
 * benchmarks/README.md}.
 *
 * <p>Arguments: the stamps of runs in {@code results/raw} to add to what stands; none renders what
 * stands.
 */
public final class Report {

  private static final String BEGIN = "<!-- ratios: written by benchmarks/run -->";
  private static final String END = "<!-- end of ratios -->";

  private final List<Measured> rows;
  private final Goals goals;

  private Report(List<Measured> rows, Goals goals) {
    this.rows = rows;
    this.goals = goals;
  }

  public static void main(String[] stamps) throws IOException {
    Locale.setDefault(Locale.ROOT);
    Path results = Rows.results();
    Files.createDirectories(results);
    Path tsv = results.resolve("measured.tsv");
    List<Measured> rows = Rows.load(tsv);
    for (String stamp : stamps) {
      rows = Rows.merge(rows, Rows.ofRun(results.resolve("raw"), stamp));
    }
    Rows.save(tsv, rows);
    new Report(Rows.load(tsv), Goals.load()).write(results);
  }

  private void write(Path results) throws IOException {
    StringBuilder summary = new StringBuilder();
    for (Map.Entry<String, List<Measured>> group : by(rows, Measured::group).entrySet()) {
      String ratios = ratios(group.getValue());
      List<Measured> ours = group.getValue().stream().filter(Measured::ours).toList();
      summary.append("### ").append(group.getKey()).append("\n\n").append(ratios).append('\n');
      if (!ours.isEmpty()) {
        summary.append("Measured ").append(commands(ours)).append(".\n\n");
      }
      StringBuilder page = new StringBuilder("# ").append(group.getKey()).append("\n\n");
      page.append(
          "Written by `benchmarks/run`; how to read it stands in [the benchmarks' README](../README.md).\n\n");
      page.append(ratios).append('\n');
      for (Map.Entry<String, List<Measured>> suite :
          by(group.getValue(), r -> r.suite() + " on JDK " + r.jdk()).entrySet()) {
        page.append("## ")
            .append(suite.getKey())
            .append("\n\n")
            .append(peers(suite.getValue()))
            .append('\n');
        for (Plot plot : Plot.of(suite.getValue())) {
          Files.writeString(results.resolve(plot.fileName()), plot.svg());
          page.append("![")
              .append(plot.title())
              .append("](")
              .append(plot.fileName())
              .append(")\n\n");
        }
      }
      Files.writeString(results.resolve(group.getKey() + ".md"), page.toString());
    }
    Path readme = results.resolveSibling("README.md");
    if (Files.exists(readme)) {
      String text = Files.readString(readme);
      int begin = text.indexOf(BEGIN);
      int end = text.indexOf(END);
      if (begin >= 0 && end > begin) {
        Files.writeString(
            readme,
            text.substring(0, begin + BEGIN.length()) + "\n\n" + summary + text.substring(end));
      }
    }
  }

  // Ratios
  // ------------------------------------------------------------------------------------------------------------

  private String ratios(List<Measured> group) {
    StringBuilder out = new StringBuilder();
    out.append(
        "| shape | ours | against | ratio | goal | reached | B/op | goal |\n|---|---|---|---|---|---|---|---|\n");
    boolean any = false;
    for (List<Measured> compared : by(group, Measured::comparison).values()) {
      for (Measured ours : compared.stream().filter(Measured::ours).toList()) {
        List<Goal> set = goals.of(ours);
        for (Goal goal :
            set.isEmpty() ? List.of(new Goal(null, "best", Double.NaN, Double.NaN)) : set) {
          out.append(ratio(ours, compared, goal));
          any = true;
        }
      }
    }
    return any ? out.toString() : "No row of ours yet.\n";
  }

  private static String ratio(Measured ours, List<Measured> compared, Goal goal) {
    Optional<Measured> peer =
        compared.stream()
            .filter(row -> !row.ours() && goal.isAgainst(row))
            .max(Comparator.comparingDouble(row -> row.timesAsFastAs(ours)));
    String ratio = "–";
    String reached = "–";
    if (peer.isPresent()) {
      double times = ours.timesAsFastAs(peer.get());
      double error = Math.hypot(ours.error(), peer.get().error());
      ratio = "%.2f ± %.0f %%".formatted(times, 100 * error);
      reached = Double.isNaN(goal.ratio()) ? "–" : verdict(times, error, goal.ratio());
    }
    return "| %s %s, JDK %d | %s, %s | %s | %s | %s | %s | %s | %s |\n"
        .formatted(
            ours.suite(),
            ours.shape(),
            ours.jdk(),
            ours.peer(),
            score(ours),
            peer.map(row -> row.peer() + ", " + score(row)).orElse("–"),
            ratio,
            number(goal.ratio()),
            reached,
            bytes(ours.bytes()),
            number(goal.bytes()));
  }

  private static String verdict(double times, double error, double goal) {
    if (times < goal) {
      return times * (1 + error) < goal ? "no" : "no, within the error";
    }
    return times * (1 - error) >= goal ? "yes" : "yes, within the error";
  }

  // All peers of a suite
  // ----------------------------------------------------------------------------------------------

  private static String peers(List<Measured> suite) {
    Set<String> shapes =
        suite.stream().map(Measured::shape).collect(Collectors.toCollection(LinkedHashSet::new));
    Set<String> peers =
        suite.stream()
            .sorted(
                Comparator.comparing((Measured r) -> !r.ours())
                    .thenComparing(Measured::limit)
                    .thenComparing(Measured::peer))
            .map(Measured::peer)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    Map<String, Measured> cells = new LinkedHashMap<>();
    suite.forEach(row -> cells.put(row.shape() + "\t" + row.peer(), row));
    StringBuilder out = new StringBuilder("| shape |");
    peers.forEach(peer -> out.append(' ').append(peer).append(" |"));
    out.append("\n|---|").append("---|".repeat(peers.size())).append('\n');
    for (String shape : shapes) {
      out.append("| ").append(shape.isEmpty() ? "–" : shape).append(" |");
      for (String peer : peers) {
        Measured cell = cells.get(shape + "\t" + peer);
        out.append(' ')
            .append(cell == null ? "–" : score(cell) + " · " + bytes(cell.bytes()) + " B")
            .append(" |");
      }
      out.append('\n');
    }
    out.append("\nMedian, ± half the 99 % interval in %, bytes per operation. Measured ");
    out.append(commands(suite)).append(".\n");
    return out.toString();
  }

  private static String commands(List<Measured> rows) {
    return rows.stream()
        .map(row -> row.date() + " by `" + row.command() + "`")
        .distinct()
        .sorted()
        .collect(Collectors.joining("; "));
  }

  // Cells
  // -------------------------------------------------------------------------------------------------------------

  private static String score(Measured row) {
    String error = Double.isNaN(row.error()) ? "" : " ±%.0f %%".formatted(100 * row.error());
    return (row.higherIsBetter() ? scaled(row.score()) + "/s" : time(row)) + error;
  }

  private static String time(Measured row) {
    double nanos = row.nanosPerOperation();
    if (nanos >= 1e6) {
      return "%.2f ms".formatted(nanos / 1e6);
    }
    return nanos >= 1e4 ? "%.1f µs".formatted(nanos / 1e3) : "%.0f ns".formatted(nanos);
  }

  private static String scaled(double value) {
    if (value >= 1e6) {
      return "%.2f M".formatted(value / 1e6);
    }
    if (value >= 1e3) {
      return "%.1f k".formatted(value / 1e3);
    }
    return value >= 100 ? "%.0f".formatted(value) : "%.1f".formatted(value);
  }

  private static String bytes(double bytes) {
    if (Double.isNaN(bytes)) {
      return "–";
    }
    return bytes < 10 ? "%.1f".formatted(bytes) : "%.0f".formatted(bytes);
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    return value == Math.rint(value) ? "%.0f".formatted(value) : String.valueOf(value);
  }

  static <K extends Comparable<K>> Map<K, List<Measured>> by(
      List<Measured> rows, Function<Measured, K> key) {
    return rows.stream()
        .collect(Collectors.groupingBy(key, TreeMap::new, Collectors.toCollection(ArrayList::new)));
  }
}
