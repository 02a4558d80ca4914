package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionStatementTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Compiles and runs every snippet of the README, the guide and the page on scaling out.
 *
 * <p>A snippet may be statements, the body of an {@code async} block (its first line awaits), or
 * members of a class (its first line ends with a brace, or is an annotation). The names that it
 * doesn't declare stand in {@link SnippetSurroundings}. Publishers made by its statements are
 * subscribed to; its test methods are run by JUnit. What else is to be run stands in an HTML
 * comment right behind the snippet: {@code <!-- run: allOrders() -->}. A snippet that is a part of
 * an example with dependencies of its own names the file, {@code <!-- from: examples/... -->}, and
 * has to stand there word for word.
 */
class SnippetsTest {

  private static final Pattern SNIPPET =
      Pattern.compile("```java\\n(.*?)```(?:\\s*<!-- (run|from): (.*?) -->)?", Pattern.DOTALL);

  private static final String IMPORTS =
      String.join(
          "",
          Stream.of(
                  "dev.velox.reactor.*",
                  "dev.velox.reactor.actor.*",
                  "dev.velox.reactor.channel.*",
                  "dev.velox.reactor.collection.*",
                  "dev.velox.reactor.micrometer.*",
                  "dev.velox.reactor.parallel.*",
                  "dev.velox.reactor.retry.*",
                  "dev.velox.reactor.spring.*",
                  "dev.velox.reactor.stm.*",
                  "dev.velox.reactor.sync.*",
                  "dev.velox.reactor.worker.*",
                  "dev.velox.tck.*",
                  "dev.velox.tck.actor.*",
                  "dev.velox.tck.simulation.*",
                  "io.github.resilience4j.bulkhead.*",
                  "io.github.resilience4j.circuitbreaker.*",
                  "io.github.resilience4j.reactor.bulkhead.operator.*",
                  "io.github.resilience4j.reactor.circuitbreaker.operator.*",
                  "java.nio.file.*",
                  "java.time.Duration",
                  "java.util.*",
                  "java.util.concurrent.TimeoutException",
                  "java.util.stream.Stream",
                  "org.junit.jupiter.api.*",
                  "org.springframework.context.annotation.Bean",
                  "org.springframework.web.bind.annotation.*",
                  "org.springframework.web.reactive.function.client.*",
                  "org.springframework.web.reactive.function.server.*",
                  "reactor.core.publisher.*",
                  "reactor.util.context.ContextView",
                  "static dev.velox.reactor.async.Async.*",
                  "static org.assertj.core.api.Assertions.assertThat")
              .map(name -> "import " + name + "; ")
              .toList());

  @TempDir static Path classes;

  @TestFactory
  Stream<DynamicTest> every_snippet_compiles_and_runs() throws Exception {
    Map<String, Source> sources = sources();
    assertThat(sources).hasSizeGreaterThan(25);
    Map<String, Source> subscribing = subscribeToPublishers(sources);
    compile(subscribing);
    URLClassLoader loader =
        new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader());
    return subscribing.values().stream()
        .map(source -> dynamicTest(source.where, () -> run(loader, source)));
  }

  private static void run(ClassLoader loader, Source source) throws Exception {
    Class<?> type = loader.loadClass("dev.velox.examples.quickstart." + source.name);
    if (!source.test) {
      ((SnippetSurroundings) type.getDeclaredConstructor().newInstance()).check();
      return;
    }
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(type)).build(),
            listener);
    assertThat(listener.getSummary().getFailures())
        .extracting(failure -> failure.getException())
        .isEmpty();
    assertThat(listener.getSummary().getTestsSucceededCount()).isPositive();
  }

  /**
   * The snippets as classes. The code keeps its line, so that javac's messages point into the page.
   */
  private static Map<String, Source> sources() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/guide"))) {
      root = root.getParent();
    }
    List<Path> pages =
        new ArrayList<>(List.of(root.resolve("README.md"), root.resolve("docs/scaling-out.md")));
    try (Stream<Path> guide = Files.list(root.resolve("docs/guide"))) {
      guide.filter(page -> page.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    Map<String, Source> sources = new LinkedHashMap<>();
    for (Path page : pages) {
      String text = Files.readString(page);
      Matcher snippet = SNIPPET.matcher(text);
      while (snippet.find()) {
        int line = (int) text.substring(0, snippet.start(1)).lines().count();
        String title = page.getFileName().toString().replaceFirst("\\.md$", "").replace('-', '_');
        String where = root.relativize(page) + ":" + (line + 1);
        if ("from".equals(snippet.group(2))) {
          assertThat(words(Files.readString(root.resolve(snippet.group(3)))))
              .as(where)
              .contains(words(snippet.group(1)));
          continue;
        }
        Source source =
            Source.of(
                where,
                "Snippet_" + title.replace('-', '_') + "_" + (line + 1),
                line,
                snippet.group(1),
                snippet.group(3));
        sources.put(source.name, source);
      }
    }
    return sources;
  }

  private static String words(String code) {
    return code.strip().replaceAll("\\s+", " ");
  }

  /** Javac itself says which statements make a publisher. */
  private static Map<String, Source> subscribeToPublishers(Map<String, Source> sources)
      throws IOException {
    StringWriter messages = new StringWriter();
    JavacTask task = task(sources, messages);
    Iterable<? extends CompilationUnitTree> units = task.parse();
    task.analyze();
    assertThat(messages.toString()).as("what javac says of the snippets").isEmpty();
    Trees trees = Trees.instance(task);
    TypeMirror publisher =
        task.getTypes()
            .erasure(task.getElements().getTypeElement("org.reactivestreams.Publisher").asType());
    Map<String, Source> subscribing = new LinkedHashMap<>();
    for (CompilationUnitTree unit : units) {
      ClassTree type = (ClassTree) unit.getTypeDecls().get(0);
      Source source = sources.get(type.getSimpleName().toString());
      TreeMap<Integer, String> insertions = new TreeMap<>();
      for (Tree member : type.getMembers()) {
        if (!(member instanceof MethodTree method) || !method.getName().contentEquals("run")) {
          continue;
        }
        for (StatementTree statement : method.getBody().getStatements()) {
          Tree made =
              statement instanceof ExpressionStatementTree expression
                  ? expression.getExpression()
                  : statement;
          TypeMirror of = trees.getTypeMirror(TreePath.getPath(unit, made));
          if (of == null
              || of.getKind() == TypeKind.VOID
              || !task.getTypes().isAssignable(task.getTypes().erasure(of), publisher)) {
            continue;
          }
          int start = (int) trees.getSourcePositions().getStartPosition(unit, made);
          int end = (int) trees.getSourcePositions().getEndPosition(unit, made);
          if (statement instanceof VariableTree variable) {
            insertions.put(end, " subscribe(" + variable.getName() + ");");
          } else {
            insertions.put(start, "subscribe(");
            insertions.put(end, ")");
          }
        }
      }
      StringBuilder code = new StringBuilder(source.code);
      insertions.descendingMap().forEach(code::insert);
      subscribing.put(source.name, source.with(code.toString()));
    }
    return subscribing;
  }

  private static void compile(Map<String, Source> sources) {
    StringWriter messages = new StringWriter();
    boolean compiled = task(sources, messages).call();
    assertThat(compiled).as(messages.toString()).isTrue();
  }

  private static JavacTask task(Map<String, Source> sources, StringWriter messages) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of(
            "-proc:none",
            "-nowarn",
            "-Xlint:none",
            "-XDsuppressNotes",
            "-d",
            classes.toString(),
            "-cp",
            System.getProperty("java.class.path"));
    return (JavacTask) compiler.getTask(messages, null, null, options, null, sources.values());
  }

  private static final class Source extends SimpleJavaFileObject {

    private final String where;
    private final String name;
    private final boolean test;
    private final String code;

    private Source(String where, String name, boolean test, String code) {
      super(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE);
      this.where = where;
      this.name = name;
      this.test = test;
      this.code = code;
    }

    static Source of(String where, String name, int line, String snippet, String run) {
      // Imports change places with nothing, so that lines stay what they are.
      String imports =
          String.join("", snippet.lines().filter(l -> l.startsWith("import ")).toList());
      String code = snippet.replaceAll("(?m)^import .*$", "");
      String first = code.strip().lines().findFirst().orElse("");
      boolean test = first.startsWith("@");
      boolean members = test || (first.endsWith("{") && !first.contains("->"));
      String tail = run == null ? "" : run + ";";
      String head =
          "package dev.velox.examples.quickstart; "
              + IMPORTS
              + imports
              + " public class "
              + name
              + " extends SnippetSurroundings { ";
      String method = "@Override public void run() throws Exception { ";
      String body;
      if (members) {
        body = code + "\n" + method + tail + "}";
      } else if (first.contains("await(")) {
        body = method + "Mono<Object> ended = async(() -> {" + code + "});" + tail + "}";
      } else {
        body = method + code + tail + "}";
      }
      return new Source(
          where, name, test, "\n".repeat(Math.max(0, line - 1)) + head + "\n" + body + "}");
    }

    Source with(String changed) {
      return new Source(where, name, test, changed);
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return code;
    }
  }
}
