package dev.velox.benchmarks;

import dev.velox.benchmarks.Rows.Measured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How the cost of an operation grows with one parameter: a line per peer, both axes logarithmic.
 */
record Plot(
    String title, String fileName, String axis, Map<String, TreeMap<Double, Measured>> lines) {

  /** Parameters that are a size; every other one is a kind. */
  static final Set<String> SIZES =
      Set.of(
          "waiters",
          "keys",
          "refs",
          "actors",
          "subscribers",
          "inFlight",
          "concurrency",
          "elements",
          "callers",
          "tasks",
          "items");

  private static final String[] COLOURS = {
    "#0b6e4f", "#2f9e73", "#7cc6a5", "#c0392b", "#2c5aa0", "#b8860b", "#7d3c98", "#555555",
    "#d35400", "#1b9aaa"
  };

  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int LEFT = 70;
  private static final int RIGHT = 200;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;

  /**
   * The plots of a suite: one for each of its sizes with three or more values, and for each setting
   * of the rest.
   */
  static List<Plot> of(List<Measured> suite) {
    List<Plot> plots = new ArrayList<>();
    for (String size : suite.get(0).params().keySet()) {
      if (!SIZES.contains(size)) {
        continue;
      }
      for (List<Measured> rows : Report.by(suite, row -> others(row, size)).values()) {
        Plot plot = of(size, rows);
        if (plot.lines.values().stream().anyMatch(line -> line.size() >= 3)) {
          plots.add(plot);
        }
      }
    }
    return plots;
  }

  private static Plot of(String size, List<Measured> rows) {
    Map<String, TreeMap<Double, Measured>> lines = new LinkedHashMap<>();
    rows.stream()
        .sorted((a, b) -> Boolean.compare(b.ours(), a.ours()))
        .forEach(
            row ->
                lines
                    .computeIfAbsent(row.peer(), peer -> new TreeMap<>())
                    .put(Double.parseDouble(row.params().get(size)), row));
    Measured any = rows.get(0);
    String rest = others(any, size);
    String title =
        any.group() + ": " + any.suite() + (rest.isEmpty() ? "" : ", " + rest) + ", by " + size;
    String file =
        (title + " jdk" + any.jdk())
            .replaceAll("[^A-Za-z0-9]+", "-")
            .toLowerCase(java.util.Locale.ROOT);
    return new Plot(title + ", JDK " + any.jdk(), file + ".svg", size, lines);
  }

  private static String others(Measured row, String size) {
    Map<String, String> rest = new LinkedHashMap<>(row.params());
    rest.remove(size);
    StringBuilder text = new StringBuilder();
    rest.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(value));
    return text.toString();
  }

  String svg() {
    double[] x = range(lines.values().stream().flatMap(line -> line.keySet().stream()).toList());
    double[] y =
        range(
            lines.values().stream()
                .flatMap(line -> line.values().stream())
                .map(Measured::nanosPerOperation)
                .toList());
    StringBuilder out = new StringBuilder();
    out.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            .formatted(WIDTH, HEIGHT));
    out.append("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n".formatted(WIDTH, HEIGHT));
    out.append("<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n".formatted(LEFT, title));
    for (double tick = x[0]; tick <= x[1] * 1.001; tick *= 10) {
      double at = x(tick, x);
      out.append(line(at, TOP, at, HEIGHT - BOTTOM, "#ddd"));
      out.append(text(at, HEIGHT - BOTTOM + 18, "middle", label(tick)));
    }
    for (double tick = y[0]; tick <= y[1] * 1.001; tick *= 10) {
      double at = y(tick, y);
      out.append(line(LEFT, at, WIDTH - RIGHT, at, "#ddd"));
      out.append(text(LEFT - 8, at + 4, "end", time(tick)));
    }
    out.append(
        text(
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 10,
            "middle",
            axis + " (time per operation upwards)"));
    int number = 0;
    double legend = TOP + 10;
    for (Map.Entry<String, TreeMap<Double, Measured>> each : lines.entrySet()) {
      String colour = COLOURS[number++ % COLOURS.length];
      StringBuilder points = new StringBuilder();
      for (Map.Entry<Double, Measured> point : each.getValue().entrySet()) {
        double px = x(point.getKey(), x);
        double py = y(point.getValue().nanosPerOperation(), y);
        points.append("%.1f,%.1f ".formatted(px, py));
        out.append(
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n".formatted(px, py, colour));
      }
      boolean ours = each.getKey().startsWith("velox");
      out.append(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"/>\n"
              .formatted(points.toString().strip(), colour, ours ? "3" : "1.5"));
      out.append(line(WIDTH - RIGHT + 12, legend - 4, WIDTH - RIGHT + 32, legend - 4, colour));
      out.append(text(WIDTH - RIGHT + 38, legend, "start", each.getKey()));
      legend += 18;
    }
    return out.append("</svg>\n").toString();
  }

  /** The powers of ten around all values. */
  private static double[] range(List<Double> values) {
    double min = values.stream().mapToDouble(Double::doubleValue).min().orElse(1);
    double max = values.stream().mapToDouble(Double::doubleValue).max().orElse(10);
    double low = Math.pow(10, Math.floor(Math.log10(min)));
    double high = Math.pow(10, Math.ceil(Math.log10(max)));
    return new double[] {low, high > low ? high : low * 10};
  }

  private static double x(double value, double[] range) {
    return LEFT
        + (WIDTH - LEFT - RIGHT) * Math.log10(value / range[0]) / Math.log10(range[1] / range[0]);
  }

  private static double y(double value, double[] range) {
    return HEIGHT
        - BOTTOM
        - (HEIGHT - TOP - BOTTOM) * Math.log10(value / range[0]) / Math.log10(range[1] / range[0]);
  }

  private static String line(double x1, double y1, double x2, double y2, String colour) {
    return "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n"
        .formatted(x1, y1, x2, y2, colour);
  }

  private static String text(double x, double y, String anchor, String words) {
    return "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n"
        .formatted(x, y, anchor, words);
  }

  private static String label(double value) {
    return value >= 1e6
        ? "%.0f M".formatted(value / 1e6)
        : value >= 1e4 ? "%.0f k".formatted(value / 1e3) : "%.0f".formatted(value);
  }

  private static String time(double nanos) {
    if (nanos >= 1e6) {
      return "%.0f ms".formatted(nanos / 1e6);
    }
    return nanos >= 1e3
        ? "%.0f µs".formatted(nanos / 1e3)
        : nanos >= 1 ? "%.0f ns".formatted(nanos) : "%.2f ns".formatted(nanos);
  }
}
