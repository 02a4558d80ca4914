package dev.velox.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What was set out to be reached: {@code goals.tsv} beside this class. A line says for which rows
 * of ours (a pattern over {@code group suite shape peer}) which ratio against which peers (a
 * pattern; {@code best} is the best that is not a limit) is the goal, and how many bytes an
 * operation may allocate ({@code -} where nothing is said).
 */
final class Goals {

  record Goal(Pattern ours, String against, double ratio, double bytes) {

    boolean isAgainst(Rows.Measured peer) {
      return against.equals("best") ? !peer.limit() : peer.peer().matches(against);
    }
  }

  private final List<Goal> goals;

  private Goals(List<Goal> goals) {
    this.goals = goals;
  }

  static Goals load() throws IOException {
    try (InputStream in = Goals.class.getResourceAsStream("goals.tsv")) {
      return new Goals(
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .map(line -> line.split("\\s*\t\\s*"))
              .map(f -> new Goal(Pattern.compile(f[0]), f[1], number(f[2]), number(f[3])))
              .toList());
    }
  }

  private static double number(String cell) {
    return cell.equals("-") ? Double.NaN : Double.parseDouble(cell);
  }

  /** The goals of a row of ours; none makes it a row that is only reported. */
  List<Goal> of(Rows.Measured row) {
    String name = row.group() + " " + row.suite() + " " + row.shape() + " " + row.peer();
    return goals.stream().filter(goal -> goal.ours.matcher(name).find()).toList();
  }
}
