package dev.velox.reactor.worker;

import static dev.velox.reactor.testing.Recorder.LIMIT;
import static dev.velox.reactor.testing.Recorder.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class ScriptWorkerTest {

  private static final WorkerOptions PATIENT =
      WorkerOptions.defaults().grace(Duration.ofHours(1)).hardGrace(Duration.ofHours(1));
  private static final String ECHO = "onmessage = function (event) { postMessage(event.data); };";

  private final List<Disposable> opened = new ArrayList<>();
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @TempDir Path folder;

  @AfterEach
  void close() {
    opened.forEach(Disposable::dispose);
    time.dispose();
    Hooks.resetOnErrorDropped();
  }

  private Worker<Object, Object> js(String script, WorkerOptions options) {
    return opened(Worker.source("js", script, options));
  }

  private Worker<Object, Object> js(String script) {
    return js(script, PATIENT);
  }

  private Worker<Object, Object> opened(Worker<Object, Object> worker) {
    opened.add(worker);
    return worker;
  }

  private static <T> T get(Mono<T> mono) {
    return mono.block(LIMIT);
  }

  private static Object ask(Worker<Object, Object> worker, Object message) {
    return get(worker.postMessage(message).then(worker.getResult()));
  }

  // ---- the specification --------------------------------------------------------------------

  @Test
  void the_worker_of_the_specification_computes() {
    Worker<Object, Object> worker = opened(Worker.script("worker.js"));

    assertThat(ask(worker, Map.of("type", "compute", "data", List.of(1, 2, 3)))).isEqualTo(6);
  }

  record Compute(String type, List<Integer> data) {}

  @Test
  void a_record_is_as_good_as_a_map() {
    Worker<Object, Object> worker = opened(Worker.script("worker.js"));

    assertThat(ask(worker, new Compute("compute", List.of(4, 5)))).isEqualTo(9);
  }

  @Test
  void a_script_can_be_a_file() throws Exception {
    Path file = Files.writeString(folder.resolve("echo.js"), ECHO);

    assertThat(ask(opened(Worker.script(file)), "a path")).isEqualTo("a path");
    assertThat(ask(opened(Worker.script(file.toString())), "a name")).isEqualTo("a name");
  }

  @Test
  void messages_are_handled_in_order() {
    Worker<Object, Object> worker = js(ECHO);

    Flux<Object> results =
        worker
            .results()
            .mergeWith(
                Flux.range(0, 2_000)
                    .concatMap(worker::postMessage)
                    .then()
                    .flux()
                    .cast(Object.class));

    assertThat(get(results.take(2_000).collectList()))
        .isEqualTo(IntStream.range(0, 2_000).boxed().toList());
  }

  @Test
  void each_worker_has_globals_of_its_own() {
    String counter = "var n = 0; onmessage = function () { n += 1; postMessage(n); };";
    Worker<Object, Object> first = js(counter);
    Worker<Object, Object> second = js(counter);

    assertThat(ask(first, "count")).isEqualTo(1);
    assertThat(ask(first, "count")).isEqualTo(2);
    assertThat(ask(second, "count")).isEqualTo(1);
  }

  @Test
  void listeners_and_a_declared_function_are_heard_too() {
    Worker<Object, Object> worker =
        js(
            """
            function onmessage(event) { postMessage('declared ' + event.data); }
            function gone() { postMessage('gone'); }
            addEventListener('message', gone);
            self.addEventListener('message', function (event) { self.postMessage('listener ' + event.type); });
            removeEventListener('message', gone);
            """);

    get(worker.postMessage("x"));

    assertThat(get(worker.results().take(2).collectList()))
        .containsExactly("declared x", "listener message");
  }

  @Test
  void it_knows_its_name_its_data_and_its_console() {
    List<String> console = new CopyOnWriteArrayList<>();
    Map<String, Object> data = new HashMap<>(Map.of("factor", 3));
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function (event) {
              console.log('got', event.data, { a: [1, null] });
              console.error(new Error('oh'));
              postMessage(name + ' ' + workerData.factor * event.data);
            };
            """,
            PATIENT
                .name("tripler")
                .data(data)
                .console((level, line) -> console.add(level + " " + line)));
    data.put("factor", 5);

    assertThat(ask(worker, 7)).isEqualTo("tripler 21");
    assertThat(console).containsExactly("info got 7 {\"a\":[1,null]}", "error Error: oh");
    assertThat(
            ask(
                js(
                    "onmessage = function () { console.info('to the log'); postMessage(workerData === null); }"),
                1))
        .isEqualTo(true);
  }

  // ---- values -------------------------------------------------------------------------------

  @Test
  void values_go_in_and_come_out_as_copies() {
    Worker<Object, Object> worker = js(ECHO);
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "a\u00e4\ud83d\ude00");
    value.put("list", Arrays.asList(1, null, true, List.of(), Map.of()));
    value.put("whole", 1L << 40);
    value.put("fraction", 0.1);
    value.put("date", Instant.ofEpochMilli(1_000_000_007L));
    value.put("__proto__", "no trick");
    value.put("", "empty key");

    Object back = ask(worker, value);

    assertThat(back).isEqualTo(value).isNotSameAs(value);
  }

  @Test
  @SuppressWarnings("JavaUtilDate") // which is what old code has to send
  void numbers_come_out_as_the_smallest_type_that_tells_them() {
    Worker<Object, Object> worker = js(ECHO);

    assertThat(ask(worker, List.of((short) 5, 5f, 5.0, 1L << 31, 1e300, -0.0, Double.NaN)))
        .isEqualTo(List.of(5, 5, 5, 1L << 31, 1e300, -0.0, Double.NaN));
    assertThat(ask(worker, List.of(new BigDecimal("0.5"), BigInteger.TEN, 'c', DayOfWeek.MONDAY)))
        .isEqualTo(List.of(0.5, 10, "c", "MONDAY"));
    assertThat(ask(worker, new int[][] {{1}, {}})).isEqualTo(List.of(List.of(1), List.of()));
    assertThat(ask(worker, new Date(5))).isEqualTo(Instant.ofEpochMilli(5));
  }

  @Test
  void bytes_are_bytes() {
    Worker<Object, Object> worker =
        js("onmessage = function (e) { e.data[0] += 1; postMessage(e.data); };");
    byte[] bytes = {1, -1, 127};

    assertThat((byte[]) ask(worker, bytes)).containsExactly(2, -1, 127);
    assertThat(bytes).containsExactly(1, -1, 127);
  }

  @Test
  void a_message_is_copied_when_it_is_posted_not_when_it_is_handled() {
    Worker<Object, Object> worker =
        js("var first = true; onmessage = function (e) { postMessage(e.data.length); };");
    List<Object> numbers = new ArrayList<>(List.of(1, 2, 3));

    Mono<Void> post = worker.postMessage(numbers);
    numbers.add(4);
    get(post);
    numbers.clear();

    assertThat(get(worker.getResult())).isEqualTo(4);
  }

  @Test
  void what_cannot_enter_a_script_is_refused_to_its_sender() {
    Worker<Object, Object> worker = js(ECHO);
    List<Object> loop = new ArrayList<>();
    loop.add(Map.of("self", loop));
    Object deep = "bottom";
    for (int i = 0; i < 1_000; i++) {
      deep = List.of(deep);
    }

    refused(worker, List.of(Map.of("f", (Runnable) () -> {})), "message[0].f", "can't enter");
    refused(worker, loop, "message[0].self", "contains itself");
    refused(worker, deep, "deeper");
    refused(worker, Long.MAX_VALUE, "9223372036854775807", "exactly");
    refused(worker, new BigDecimal("0.1"), "0.1", "exactly");
    refused(worker, Map.of(List.of(1), 2), "key [1]");
    assertThatThrownBy(() -> worker.tryPostMessage(Thread.currentThread()))
        .isInstanceOf(DataCloneException.class);
    assertThatThrownBy(() -> js(ECHO, PATIENT.data(new Object())))
        .isInstanceOf(DataCloneException.class)
        .hasMessageStartingWith("data is a java.lang.Object");
    assertThat(ask(worker, "still there")).isEqualTo("still there");
  }

  private static void refused(Worker<Object, Object> worker, Object message, String... told) {
    StepVerifier.create(worker.postMessage(message))
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(DataCloneException.class)
                    .hasMessageContainingAll(told));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ a: [function () {}] }            | message.a[0] is a function",
        "new java.util.ArrayList()          | message is a JavaList",
        "java.lang.System                   | which cannot leave its engine",
        "[/x/]                              | message[0] is a RegExp",
        "undefined                          | message is undefined",
        "null                               | message is null",
        "(function () { var o = {}; o.o = o; return o; })() | message.o contains itself"
      })
  void what_cannot_leave_a_script_is_refused_there(String value, String told) {
    Worker<Object, Object> worker =
        js(
            "onmessage = function () { try { postMessage("
                + value
                + "); } catch (e) { postMessage(e.name + ': ' + e.message); } };");

    assertThat((String) ask(worker, 1)).startsWith("DataCloneError: ").contains(told);
  }

  @Test
  void an_error_of_a_script_leaves_it_as_its_name_and_message() {
    Worker<Object, Object> worker =
        js("onmessage = function () { postMessage([new TypeError('t'), new String('s')]); };");

    assertThat(ask(worker, 1)).isEqualTo(List.of(Map.of("name", "TypeError", "message", "t"), "s"));
  }

  // ---- errors -------------------------------------------------------------------------------

  @Test
  void a_handler_that_throws_is_an_error_with_its_place_and_the_worker_lives_on() {
    Worker<Object, Object> worker = opened(Worker.script("worker.js"));
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(Map.of("type", "dance")));

    assertThat(get(Mono.fromFuture(error)))
        .satisfies(
            told -> {
              assertThat(told.message()).startsWith("Error: no such thing as dance");
              assertThat(told.file()).isEqualTo("worker.js");
              assertThat(told.line()).isEqualTo(7);
              assertThat(told.cause()).isInstanceOf(WorkerScriptException.class);
            });
    assertThat(ask(worker, Map.of("type", "compute", "data", List.of(1)))).isEqualTo(1);
  }

  @Test
  void onerror_hears_of_errors_and_can_keep_them() {
    Worker<Object, Object> worker =
        js(
            """
            onerror = function (message, file, line, column, error) {
              postMessage(message + ' at ' + file + ':' + line + ' ' + (error === 5 || error instanceof Error));
              return message.indexOf('keep') >= 0;
            };
            onmessage = function (event) { if (event.data === 5) throw 5; throw new RangeError(event.data); };
            """);
    CompletableFuture<List<String>> errors =
        worker.errors().map(WorkerError::message).take(2).collectList().toFuture();

    get(worker.postMessage("keep").then(worker.postMessage("tell")).then(worker.postMessage(5)));

    assertThat(get(worker.results().take(3).collectList()))
        .containsExactly(
            "RangeError: keep at worker.js:5 true",
            "RangeError: tell at worker.js:5 true",
            "Uncaught 5 at :-1 true");
    assertThat(get(Mono.fromFuture(errors)))
        .containsExactly("RangeError: tell (worker.js:5)", "Uncaught 5");
  }

  @Test
  void a_promise_that_a_handler_returns_may_fail_later() {
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function (event) {
              return Promise.resolve(event.data).then(function (n) {
                if (n === 0) throw new Error('zero');
                postMessage(100 / n);
              });
            };
            """);
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(0).then(worker.postMessage(4)));

    assertThat(get(Mono.fromFuture(error)).message()).startsWith("Error: zero");
    assertThat(get(worker.getResult())).isEqualTo(25);
  }

  @Test
  void what_java_throws_inside_a_script_is_the_cause() {
    Worker<Object, Object> worker =
        js("onmessage = function () { java.lang.Integer.parseInt('x'); };");
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(1));

    assertThat(get(Mono.fromFuture(error)).cause())
        .isInstanceOf(WorkerScriptException.class)
        .hasCauseInstanceOf(NumberFormatException.class);
  }

  @Test
  void a_recursion_too_deep_is_an_error_and_the_worker_lives_on() {
    Worker<Object, Object> worker =
        js(
            "function f(n) { return 1 + f(n + 1); } onmessage = function (e) { postMessage(e.data === 0 ? f(0) : e.data); };");
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(0));

    assertThat(get(Mono.fromFuture(error))).isNotNull();
    assertThat(ask(worker, 3)).isEqualTo(3);
  }

  @Test
  void a_syntax_error_is_told_with_its_place() throws Exception {
    Hooks.onErrorDropped(failure -> {});
    Path file = Files.writeString(folder.resolve("broken.js"), "var x = 1;\nfunction ( {\n");
    Worker<Object, Object> worker = opened(Worker.script(file, PATIENT.name("parser")));

    StepVerifier.create(worker.getResult())
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerStartException.class)
                    .hasMessageContainingAll(
                        "parser could not start", "broken.js", "line number 2"))
        .verify(LIMIT);
    assertThat(get(worker.errors().next()))
        .satisfies(
            told -> {
              assertThat(told.file()).isEqualTo("broken.js");
              assertThat(told.line()).isEqualTo(2);
            });
    assertThat(get(worker.exitCode())).isEqualTo(1);
    StepVerifier.create(worker.postMessage(1))
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerClosedException.class)
                    .hasCauseInstanceOf(WorkerStartException.class));
  }

  @Test
  void a_script_that_throws_as_it_is_loaded_does_not_start() {
    notStarted(js("\n\nthrow new Error('not today');"), "not today", "worker.js");
  }

  @Test
  void a_missing_script_is_told_with_where_it_was_looked_for() {
    notStarted(
        opened(Worker.script("nowhere/worker.js")),
        "neither a resource nowhere/worker.js",
        "nor a file " + Path.of("nowhere/worker.js").toAbsolutePath());
    notStarted(
        opened(Worker.script(folder.resolve("gone.js"))),
        "no file",
        folder.resolve("gone.js") + "");
  }

  @Test
  void no_engine_for_a_language_is_told_with_what_there_is() {
    notStarted(
        opened(Worker.source("cobol", "DISPLAY 'HI'.")),
        "no script engine for 'cobol'",
        "found: rhino");
  }

  @Test
  void no_engine_on_the_class_path_is_told_with_what_to_do() {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    Worker<Object, Object> worker;
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      worker = js(ECHO);
    } finally {
      thread.setContextClassLoader(loader);
    }

    notStarted(worker, "no script engine for 'js'", "found: none", "org.mozilla:rhino-engine");
  }

  private static void notStarted(Worker<Object, Object> worker, String... told) {
    Hooks.onErrorDropped(failure -> {});
    assertThat(get(worker.exitCode())).isEqualTo(1);
    StepVerifier.create(worker.getResult())
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerStartException.class)
                    .hasMessageContainingAll(told));
  }

  // ---- timers -------------------------------------------------------------------------------

  @Test
  void timers_are_due_in_order_on_the_workers_own_thread() {
    Worker<Object, Object> worker =
        js(
            """
            setTimeout(function (a, b) { postMessage(a + b); }, 20, 'thr', 'ee');
            setTimeout(function () { postMessage('two'); }, 10);
            setTimeout(function () { postMessage('never'); }, 15);
            clearTimeout(3);
            setTimeout(function () { postMessage('one'); });
            setTimeout(function () { postMessage('four'); close(4); }, 20);
            setTimeout(function () { postMessage('after the end'); }, 20);
            """,
            PATIENT.timer(time));
    assertThat(get(worker.getResult())).isEqualTo("one");
    advanceUntil(worker, "two");
    advanceUntil(worker, "three");
    assertThat(get(worker.getResult())).isEqualTo("four");
    assertThat(get(worker.exitCode())).isEqualTo(4);
    assertThat(get(worker.getResult())).isNull();
  }

  /** Moves time in small steps: the worker's thread sees each when it gets round to it. */
  private void advanceUntil(Worker<Object, Object> worker, String expected) {
    CompletableFuture<Object> result = worker.getResult().toFuture();
    until(
        "there is a result",
        () -> {
          time.advanceTimeBy(Duration.ofMillis(1));
          return result.isDone();
        });
    assertThat(result.join()).isEqualTo(expected);
  }

  @Test
  void an_interval_is_due_until_it_is_cleared_and_messages_come_between() {
    Worker<Object, Object> worker =
        js(
            """
            var n = 0;
            var id = setInterval(function () {
              n += 1;
              postMessage(n);
              if (n === 3) { clearInterval(id); setTimeout(close, 5); }
            }, 0);
            onmessage = function (event) { postMessage(event.data); };
            """);
    get(worker.postMessage("message"));

    assertThat(get(worker.results().collectList()))
        .containsExactlyInAnyOrder(1, 2, 3, "message")
        .containsSubsequence(1, 2, 3);
    assertThat(get(worker.exitCode())).isZero();
  }

  @Test
  void a_timer_that_starts_itself_again_lets_messages_through() {
    Worker<Object, Object> worker =
        js(
            """
            function again() { setTimeout(again, 0); }
            again();
            onmessage = function (event) { postMessage(event.data); };
            """);

    assertThat(ask(worker, "heard")).isEqualTo("heard");
  }

  @Test
  void a_timer_that_throws_is_an_error_and_one_without_a_function_is_refused() {
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function () {
              setTimeout(function () { throw new Error('late'); }, 0);
              try { setTimeout('code'); } catch (e) { postMessage(e.name); }
            };
            """);
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    assertThat(ask(worker, 1)).isEqualTo("TypeError");
    assertThat(get(Mono.fromFuture(error)).message()).startsWith("Error: late");
  }

  // ---- the end ------------------------------------------------------------------------------

  @Test
  void closed_from_inside_neither_messages_nor_timers_run_any_more() {
    List<Object> dropped = new CopyOnWriteArrayList<>();
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function (event) {
              setTimeout(function () { postMessage('timer'); }, 0);
              close(event.data);
              postMessage('closed');
            };
            """,
            PATIENT.onDrop(dropped::add).inbox(1));

    get(worker.postMessage(9));
    assertThat(get(worker.exitCode())).isEqualTo(9);

    assertThat(get(worker.results().collectList())).containsExactly("closed");
    assertThat(worker.tryPostMessage(1)).isFalse();
  }

  @Test
  void terminated_while_idle_it_is_gone() {
    Worker<Object, Object> worker = js(ECHO, PATIENT);
    assertThat(ask(worker, 1)).isEqualTo(1);

    assertThat(get(worker.terminate())).isEqualTo(1);
    assertThat(isThreadAlive(worker)).isFalse();
  }

  @Test
  void terminated_in_a_loop_that_looks_at_the_signal_it_ends_by_itself() {
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function () {
              postMessage('begun');
              while (!abortSignal.isAborted()) { }
              postMessage('ended');
            };
            """,
            PATIENT);
    assertThat(ask(worker, 1)).isEqualTo("begun");

    assertThat(get(worker.terminate())).isEqualTo(1);
    assertThat(get(worker.results().collectList())).containsExactly("ended");
  }

  @Test
  void terminated_in_an_endless_loop_that_catches_all_its_engine_is_cancelled() {
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function () {
              postMessage('begun');
              while (true) { try { while (true) { } } catch (e) { } finally { } }
            };
            """,
            PATIENT.timer(time));
    assertThat(ask(worker, 1)).isEqualTo("begun");
    CompletableFuture<Integer> exit = worker.terminate().toFuture();

    time.advanceTimeBy(Duration.ofHours(1));
    assertThat(isThreadAlive(worker)).as("interrupts don't end it").isTrue();
    time.advanceTimeBy(Duration.ofHours(1));

    assertThat(get(Mono.fromFuture(exit))).isEqualTo(1);
    assertThat(isThreadAlive(worker)).isFalse();
    assertThat(get(worker.errors().collectList())).isEmpty();
  }

  @Test
  void terminated_while_it_is_loaded_it_ends_as_well() {
    CountDownLatch loading = new CountDownLatch(1);
    Worker<Object, Object> worker =
        js(
            "console.log('loading'); while (true) { }",
            PATIENT.timer(time).console((level, line) -> loading.countDown()));
    until("it is loaded", () -> loading.getCount() == 0);
    CompletableFuture<Integer> exit = worker.terminate().toFuture();

    time.advanceTimeBy(Duration.ofHours(2));

    assertThat(get(Mono.fromFuture(exit))).isEqualTo(1);
    assertThat(get(worker.getResult())).isNull();
  }

  @Test
  void terminated_in_a_blocking_call_it_is_interrupted() {
    Worker<Object, Object> worker =
        js(
            """
            onmessage = function () {
              postMessage('begun');
              new java.util.concurrent.CountDownLatch(1).await();
            };
            """,
            PATIENT.grace(Duration.ZERO));
    assertThat(ask(worker, 1)).isEqualTo("begun");

    assertThat(get(worker.terminate())).isEqualTo(1);
    assertThat(get(worker.errors().collectList())).isEmpty();
  }

  @Test
  void terminated_while_nobody_takes_its_results_it_ends() {
    Worker<Object, Object> worker =
        js("onmessage = function () { while (true) { postMessage(1); } };", PATIENT.outbox(1));
    get(worker.postMessage(1));
    assertThat(get(worker.getResult())).isEqualTo(1);

    CompletableFuture<Integer> exit = worker.terminate().toFuture();

    assertThat(get(Mono.fromFuture(exit))).isEqualTo(1);
  }

  private static boolean isThreadAlive(Worker<?, ?> worker) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(worker.name()));
  }

  // ---- other languages ----------------------------------------------------------------------

  @Test
  void a_script_in_another_language_has_its_scope_and_its_function() {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    Worker<Object, Object> worker;
    thread.setContextClassLoader(ReverseEngine.loader(loader));
    try {
      worker = opened(Worker.source("reverse", "suffix!", PATIENT.data("data")));
    } finally {
      thread.setContextClassLoader(loader);
    }

    assertThat(ask(worker, List.of("a", "b"))).isEqualTo(List.of("[b, a] data suffix!"));
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();
    get(worker.postMessage(1));
    assertThat(get(Mono.fromFuture(error)).cause()).isInstanceOf(WorkerScriptException.class);
  }
}
