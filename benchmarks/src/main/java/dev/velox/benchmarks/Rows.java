package dev.velox.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * The measured rows: read from JMH's result files, kept in {@code benchmarks/results/measured.tsv}.
 *
 * <p>How a benchmark names itself decides where it stands. Its package is the group, its class (and
 * method) and parameters are the shape, and the parameter {@code peer} says whose row it is.
 * Without such a parameter the method does: all of its name, or what follows its last underscore
 * ({@code oneFailure_velox}). A peer called {@code velox…} is ours; one called {@code limit…} shows
 * what the machine can do and does less than a peer.
 */
final class Rows {

  static final String PEER = "peer";

  /**
   * One peer in one shape.
   *
   * @param score operations per second or nanoseconds per operation, as {@code unit} says: the
   *     median of the iterations
   * @param error half the width of its 99 % confidence interval, as a part of the score
   */
  record Measured(
      String group,
      String suite,
      Map<String, String> params,
      String peer,
      int jdk,
      String unit,
      double score,
      double error,
      double bytes,
      int iterations,
      int forks,
      String date,
      String command) {

    boolean ours() {
      return peer.startsWith("velox");
    }

    boolean limit() {
      return peer.startsWith("limit");
    }

    boolean higherIsBetter() {
      return unit.startsWith("ops/");
    }

    /** How many times as fast as another row of the same shape. */
    double timesAsFastAs(Measured other) {
      return higherIsBetter() ? score / other.score : other.score / score;
    }

    double nanosPerOperation() {
      if (higherIsBetter()) {
        return 1e9 / score;
      }
      return unit.startsWith("us") ? score * 1e3 : unit.startsWith("ms") ? score * 1e6 : score;
    }

    String shape() {
      return params.entrySet().stream()
          .map(e -> e.getKey() + "=" + e.getValue())
          .collect(Collectors.joining(" "));
    }

    /** What rows must share to be compared. */
    String comparison() {
      return group + "\t" + suite + "\t" + shape() + "\t" + jdk;
    }
  }

  private Rows() {}

  static Path results() {
    return Path.of(System.getProperty("velox.benchmarks.results", "benchmarks/results"));
  }

  /**
   * The peer of a benchmark method: its parameter of that name, or else (the last part of) the
   * method's name.
   */
  static String peer(String benchmark, Map<String, String> params) {
    String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
    return params.getOrDefault(PEER, method.substring(method.lastIndexOf('_') + 1));
  }

  /** The class of a benchmark, and of its method what does not name the peer. */
  static String suite(String benchmark, Map<String, String> params) {
    String[] parts = benchmark.split("\\.");
    String type = parts[parts.length - 2];
    String method = parts[parts.length - 1];
    if (!params.containsKey(PEER)) {
      return method.contains("_")
          ? type + "." + method.substring(0, method.lastIndexOf('_'))
          : type;
    }
    return method.equals("run") ? type : type + "." + method;
  }

  static String group(String benchmark) {
    String[] parts = benchmark.split("\\.");
    return parts[parts.length - 3];
  }

  static Map<String, String> withoutPeer(Map<String, String> params) {
    Map<String, String> rest = new LinkedHashMap<>(params);
    rest.remove(PEER);
    return rest;
  }

  // Reading JMH's files
  // -----------------------------------------------------------------------------------------------

  private static final class Samples {
    final DescriptiveStatistics scores = new DescriptiveStatistics();
    final DescriptiveStatistics bytes = new DescriptiveStatistics();
    int forks;
    String unit = "";
  }

  private record Key(String benchmark, Map<String, String> params, int jdk) {}

  /** The rows of one run: all files of {@code raw} that begin with its stamp. */
  static List<Measured> ofRun(Path raw, String stamp) throws IOException {
    Map<Key, Samples> found = new LinkedHashMap<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(raw)) {
      files =
          all.filter(f -> f.getFileName().toString().matches(stamp + "-\\d+\\.json"))
              .sorted()
              .toList();
    }
    for (Path file : files) {
      for (Object result : (List<?>) Json.parse(Files.readString(file))) {
        add(found, (Map<?, ?>) result);
      }
    }
    Path commandFile = raw.resolve(stamp + ".command");
    String command =
        Files.exists(commandFile) ? Files.readString(commandFile).strip() : "benchmarks/run";
    String date =
        LocalDate.parse(stamp.substring(0, 8), java.time.format.DateTimeFormatter.BASIC_ISO_DATE)
            .toString();
    List<Measured> rows = new ArrayList<>();
    found.forEach(
        (key, samples) -> {
          double median = samples.scores.getPercentile(50);
          rows.add(
              new Measured(
                  group(key.benchmark),
                  suite(key.benchmark, key.params),
                  withoutPeer(key.params),
                  peer(key.benchmark, key.params),
                  key.jdk,
                  samples.unit,
                  median,
                  halfWidth(samples.scores) / median,
                  samples.bytes.getN() == 0 ? Double.NaN : samples.bytes.getPercentile(50),
                  (int) samples.scores.getN(),
                  samples.forks,
                  date,
                  command));
        });
    return rows;
  }

  private static void add(Map<Key, Samples> found, Map<?, ?> result) {
    Map<String, String> params = new LinkedHashMap<>();
    if (result.get("params") instanceof Map<?, ?> given) {
      given.forEach((name, value) -> params.put((String) name, (String) value));
    }
    int jdk = Runtime.Version.parse((String) result.get("jdkVersion")).feature();
    Map<?, ?> primary = (Map<?, ?>) result.get("primaryMetric");
    Samples samples =
        found.computeIfAbsent(
            new Key((String) result.get("benchmark"), params, jdk), k -> new Samples());
    samples.unit = (String) primary.get("scoreUnit");
    samples.forks += addAll(samples.scores, primary);
    Map<?, ?> secondary = (Map<?, ?>) result.get("secondaryMetrics");
    secondary.forEach(
        (name, metric) -> {
          if (((String) name).endsWith("gc.alloc.rate.norm")) {
            addAll(samples.bytes, (Map<?, ?>) metric);
          }
        });
  }

  private static int addAll(DescriptiveStatistics into, Map<?, ?> metric) {
    List<?> forks = (List<?>) metric.get("rawData");
    for (Object fork : forks) {
      for (Object score : (List<?>) fork) {
        into.addValue((Double) score);
      }
    }
    return forks.size();
  }

  private static double halfWidth(DescriptiveStatistics scores) {
    long n = scores.getN();
    if (n < 2) {
      return Double.NaN;
    }
    double t = new TDistribution(n - 1).inverseCumulativeProbability(0.995);
    return t * scores.getStandardDeviation() / Math.sqrt(n);
  }

  // measured.tsv
  // ------------------------------------------------------------------------------------------------------

  private static final String HEAD =
      "group\tsuite\tshape\tpeer\tjdk\tunit\tscore\terror\tbytes\titerations\tforks\tdate\tcommand";

  static List<Measured> load(Path tsv) throws IOException {
    if (!Files.exists(tsv)) {
      return new ArrayList<>();
    }
    return Files.readAllLines(tsv).stream()
        .skip(1)
        .map(Rows::parse)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Measured parse(String line) {
    String[] f = line.split("\t");
    Map<String, String> params = new LinkedHashMap<>();
    for (String pair : f[2].isEmpty() ? new String[0] : f[2].split(" ")) {
      String[] kv = pair.split("=", 2);
      params.put(kv[0], kv[1]);
    }
    return new Measured(
        f[0],
        f[1],
        params,
        f[3],
        Integer.parseInt(f[4]),
        f[5],
        Double.parseDouble(f[6]),
        Double.parseDouble(f[7]),
        Double.parseDouble(f[8]),
        Integer.parseInt(f[9]),
        Integer.parseInt(f[10]),
        f[11],
        f[12]);
  }

  static void save(Path tsv, List<Measured> rows) throws IOException {
    List<String> lines = new ArrayList<>();
    rows.stream()
        .map(
            r ->
                String.join(
                    "\t",
                    r.group,
                    r.suite,
                    r.shape(),
                    r.peer,
                    String.valueOf(r.jdk),
                    r.unit,
                    "%.4g".formatted(r.score),
                    "%.3f".formatted(r.error),
                    "%.1f".formatted(r.bytes),
                    String.valueOf(r.iterations),
                    String.valueOf(r.forks),
                    r.date,
                    r.command))
        .sorted()
        .forEach(lines::add);
    lines.add(0, HEAD);
    Files.write(tsv, lines);
  }

  /**
   * Replaces whole comparisons, never single peers, so that a ratio always has both of its sides
   * from one run. A run that lacks a peer which stands already (a part of the peers was asked for,
   * or one failed) leaves that comparison alone.
   */
  static List<Measured> merge(List<Measured> standing, List<Measured> fresh) {
    Map<String, Map<String, Measured>> merged = byComparison(standing);
    byComparison(fresh)
        .forEach(
            (comparison, rows) -> {
              Map<String, Measured> before = merged.getOrDefault(comparison, Map.of());
              if (rows.keySet().containsAll(before.keySet())) {
                merged.put(comparison, rows);
              } else {
                System.out.println(
                    "Left as it was, not all of its peers ran: " + comparison.replace('\t', ' '));
              }
            });
    return merged.values().stream()
        .flatMap(rows -> rows.values().stream())
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Map<String, Map<String, Measured>> byComparison(List<Measured> rows) {
    Map<String, Map<String, Measured>> map = new TreeMap<>();
    rows.forEach(
        row -> map.computeIfAbsent(row.comparison(), k -> new TreeMap<>()).put(row.peer, row));
    return map;
  }
}
