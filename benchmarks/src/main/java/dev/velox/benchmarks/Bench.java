package dev.velox.benchmarks;

import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs benchmarks so that ratios can be trusted: the peers of one shape run one after the other, a
 * fork each, and that round is repeated, instead of all forks of one peer and then all of the next.
 * Every fork is a result file of its own in {@code benchmarks/results/raw}.
 *
 * <p>A benchmark class may have a {@code public static boolean runs(Map<String, String> params,
 * boolean shortForm)} that says which combinations of its parameters make sense, and which of them
 * belong to the short form. JMH's {@code @Warmup(iterations = ...)} on a class asks for at least so
 * many iterations of warm-up.
 */
public final class Bench {

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  /**
   * All of a fork's heap is touched before it begins: the first writing to a page of a virtual
   * machine costs so much that a benchmark which allocates measured little else, until the
   * collector had been through its whole heap.
   */
  private static final String[] HEAP = {
    "-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch", "-XX:+UseTransparentHugePages"
  };

  /**
   * The lengths of a measurement: rounds of forks, and in each its warm-up and measured iterations.
   */
  enum Form {
    SMOKE(1, 1, 100, 1, 200),
    SHORT(2, 3, 180, 3, 180),
    GROWTH(2, 3, 200, 3, 200),
    FULL(3, 5, 300, 5, 300);

    final int rounds;
    final int warmups;
    final int warmupMillis;
    final int iterations;
    final int millis;

    Form(int rounds, int warmups, int warmupMillis, int iterations, int millis) {
      this.rounds = rounds;
      this.warmups = warmups;
      this.warmupMillis = warmupMillis;
      this.iterations = iterations;
      this.millis = millis;
    }
  }

  /** One benchmark method with a value for each of its parameters. */
  record Row(String benchmark, Map<String, String> params) {

    /** The same for all peers that are compared with each other. */
    String shape() {
      return Rows.group(benchmark) + "." + Rows.suite(benchmark, params) + Rows.withoutPeer(params);
    }
  }

  private Form form = Form.SHORT;
  private int rounds;
  private boolean list;
  private final List<Pattern> wanted = new ArrayList<>();
  private final Map<String, Set<String>> fixed = new LinkedHashMap<>();
  private final List<String> command;

  private Bench(String[] args) {
    command = List.of(args);
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--smoke" -> form = Form.SMOKE;
        case "--short" -> form = Form.SHORT;
        case "--growth" -> form = Form.GROWTH;
        case "--full" -> form = Form.FULL;
        case "--rounds" -> rounds = Integer.parseInt(args[++i]);
        case "--list" -> list = true;
        case "--jdk" -> i++; // chosen by benchmarks/run: forks run on the JDK that runs this
        case "-p" -> {
          String[] pair = args[++i].split("=", 2);
          fixed.put(pair[0], new LinkedHashSet<>(Arrays.asList(pair[1].split(","))));
        }
        default -> wanted.add(Pattern.compile(args[i]));
      }
    }
    if (rounds == 0) {
      rounds = form.rounds;
    }
  }

  public static void main(String[] args) throws Exception {
    new Bench(args).run();
  }

  private void run() throws Exception {
    List<Row> rows = rows();
    if (list) {
      rows.forEach(row -> System.out.println(row.benchmark() + " " + row.params()));
      System.out.println(rows.size() + " rows");
      return;
    }
    Path raw = Rows.results().resolve("raw");
    Files.createDirectories(raw);
    String stamp = LocalDateTime.now().format(STAMP);
    Files.writeString(
        raw.resolve(stamp + ".command"),
        "benchmarks/run " + String.join(" ", quoted(command)) + "\n");
    int done = 0;
    int failed = 0;
    for (int round = 1; round <= rounds; round++) {
      for (Row row : rows) {
        done++;
        String outcome = fork(row, raw.resolve("%s-%05d.json".formatted(stamp, done)));
        failed += outcome == null ? 1 : 0;
        System.out.printf(
            "%d/%d %s %s: %s%n",
            done,
            rows.size() * rounds,
            row.benchmark(),
            row.params(),
            outcome == null ? "FAILED" : outcome);
      }
    }
    if (failed > 0) {
      System.out.println(
          failed + " forks failed: benchmarks/results/raw/" + stamp + ".log has their output");
      System.exit(1);
    }
  }

  /**
   * As many iterations of warm-up as the form has, or as the class asks for: where more threads
   * than processors run deep chains of operators, the compiler needs seconds to be done.
   */
  private int warmups(Row row) throws ClassNotFoundException {
    String type = row.benchmark().substring(0, row.benchmark().lastIndexOf('.'));
    Warmup asked = Class.forName(type).getAnnotation(Warmup.class);
    return asked == null || form == Form.SMOKE
        ? form.warmups
        : Math.max(form.warmups, asked.iterations());
  }

  /** Runs one fork; null when it failed or its answer was wrong. */
  private String fork(Row row, Path json) throws Exception {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(row.benchmark()) + "$")
            .forks(1)
            .warmupIterations(warmups(row))
            .warmupTime(TimeValue.milliseconds(form.warmupMillis))
            .measurementIterations(form.iterations)
            .measurementTime(TimeValue.milliseconds(form.millis))
            .timeout(TimeValue.seconds(60))
            .jvmArgsAppend(HEAP)
            .shouldFailOnError(true)
            .addProfiler(GCProfiler.class);
    row.params().forEach(options::param);
    Path log =
        json.resolveSibling(json.getFileName().toString().replaceAll("-\\d+\\.json$", ".log"));
    try (PrintStream out =
        new PrintStream(
            Files.newOutputStream(
                log,
                java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.APPEND),
            false,
            StandardCharsets.UTF_8)) {
      Collection<RunResult> results =
          new Runner(
                  options.build(),
                  OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL))
              .run();
      if (results.isEmpty()) {
        return null;
      }
      try (PrintStream file =
          new PrintStream(Files.newOutputStream(json), false, StandardCharsets.UTF_8)) {
        ResultFormatFactory.getInstance(ResultFormatType.JSON, file).writeOut(results);
      }
      RunResult result = results.iterator().next();
      return "%,.0f %s"
          .formatted(
              result.getPrimaryResult().getScore(), result.getPrimaryResult().getScoreUnit());
    } catch (RunnerException wrong) {
      return null;
    }
  }

  /** What to run, the peers of one shape beside each other. */
  private List<Row> rows() throws ReflectiveOperationException {
    List<Row> rows = new ArrayList<>();
    List<String> includes =
        wanted.isEmpty() ? List.of(".*") : wanted.stream().map(Pattern::pattern).toList();
    Set<BenchmarkListEntry> entries =
        BenchmarkList.defaultList()
            .find(
                OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT),
                includes,
                List.of());
    for (BenchmarkListEntry entry : entries) {
      Class<?> type = Class.forName(entry.getUserClassQName());
      List<Map<String, String>> combinations = List.of(Map.of());
      for (Map.Entry<String, List<String>> param : params(type).entrySet()) {
        combinations = cross(combinations, param.getKey(), param.getValue());
      }
      for (Map<String, String> params : combinations) {
        if (form == Form.GROWTH ? grows(type, params, combinations) : runs(type, params)) {
          rows.add(new Row(entry.getUsername(), params));
        }
      }
    }
    rows.sort(Comparator.comparing(Row::shape));
    return rows;
  }

  /**
   * The parameters of the benchmark class and of the state classes inside it, with the values to
   * run.
   */
  private Map<String, List<String>> params(Class<?> type) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    List<Class<?>> states = new ArrayList<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      states.add(each);
    }
    Arrays.stream(type.getDeclaredClasses())
        .filter(c -> c.isAnnotationPresent(State.class))
        .forEach(states::add);
    for (Class<?> state : states) {
      for (Field field : state.getDeclaredFields()) {
        Param param = field.getAnnotation(Param.class);
        if (param != null) {
          found.put(field.getName(), values(field, param));
        }
      }
    }
    return found;
  }

  /** The values asked for, of peers those that the benchmark has; without any the declared ones. */
  private List<String> values(Field field, Param param) {
    List<String> declared = List.of(param.value());
    if (declared.equals(List.of(Param.BLANK_ARGS)) && field.getType().isEnum()) {
      declared =
          Arrays.stream(field.getType().getEnumConstants()).map(c -> ((Enum<?>) c).name()).toList();
    }
    Set<String> asked = fixed.get(field.getName());
    if (asked == null) {
      return declared;
    }
    return field.getName().equals(Rows.PEER)
        ? asked.stream().filter(declared::contains).toList()
        : List.copyOf(asked);
  }

  private static List<Map<String, String>> cross(
      List<Map<String, String>> combinations, String name, List<String> values) {
    List<Map<String, String>> crossed = new ArrayList<>();
    for (Map<String, String> combination : combinations) {
      for (String value : values) {
        Map<String, String> more = new LinkedHashMap<>(combination);
        more.put(name, value);
        crossed.add(more);
      }
    }
    return crossed;
  }

  /** Whether it has a size, and is a row of the short form but for that size. */
  private boolean grows(
      Class<?> type, Map<String, String> params, List<Map<String, String>> combinations)
      throws ReflectiveOperationException {
    for (String size : params.keySet()) {
      if (!Plot.SIZES.contains(size) || !runs(type, params, false)) {
        continue;
      }
      Map<String, String> kind = without(params, size);
      for (Map<String, String> other : combinations) {
        if (without(other, size).equals(kind) && runs(type, other, true)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Map<String, String> without(Map<String, String> params, String name) {
    Map<String, String> rest = new LinkedHashMap<>(params);
    rest.remove(name);
    return rest;
  }

  private boolean runs(Class<?> type, Map<String, String> params)
      throws ReflectiveOperationException {
    return runs(type, params, form != Form.FULL && fixed.isEmpty());
  }

  private static boolean runs(Class<?> type, Map<String, String> params, boolean shortForm)
      throws ReflectiveOperationException {
    Method hook;
    try {
      hook = type.getMethod("runs", Map.class, boolean.class);
    } catch (NoSuchMethodException all) {
      return true;
    }
    try {
      return (boolean) hook.invoke(null, params, shortForm);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(type + " cannot say whether it runs " + params, e.getCause());
    }
  }

  private static List<String> quoted(List<String> words) {
    return words.stream()
        .map(word -> word.matches("[\\w./=,:-]+") ? word : "'" + word + "'")
        .toList();
  }
}
