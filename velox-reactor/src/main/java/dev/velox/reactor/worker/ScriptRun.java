package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.script.Invocable;
import javax.script.ScriptContext;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineFactory;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;
import org.jspecify.annotations.Nullable;

/**
 * Runs a script with an engine of its own on the worker's thread, which no other thread touches.
 *
 * <p>A script in JavaScript finds the globals of a Web Worker, which the prelude makes and {@link
 * ScriptPort} serves. One in another language finds its {@link WorkerScope} under the name {@code
 * worker}, and its function {@code onmessage} is called with each message.
 */
final class ScriptRun extends Inside<Copy, Object> {

  private static final String DISPATCH = "__velox_dispatch";
  private static final String GRAAL = "com.oracle.truffle.js.";
  private static final String HOST = "__velox_host";

  private final ScriptSource source;
  private final WorkerOptions options;
  private final @Nullable Copy data;
  private final ScriptTimers timers = new ScriptTimers();
  private final ScriptPort port;
  private volatile @Nullable EngineControl control;
  private volatile boolean isLoading = true;

  // Of the worker's thread alone.
  private @Nullable Invocable script;
  private boolean isJavaScript;

  ScriptRun(ScriptSource source, Outbox<Object> outbox, String name, WorkerOptions options) {
    super(name, outbox);
    this.source = source;
    this.options = options;
    this.data = options.data() == null ? null : Copy.of(options.data(), "data");
    this.port = new ScriptPort(this, outbox, options, data, timers);
  }

  // ---- start --------------------------------------------------------------------------------

  @Override
  void begin() throws Exception {
    String text = source.text().call();
    ScriptEngine engine = engine();
    if (!(engine instanceof Invocable invocable)) {
      throw broken("The engine for '" + source.language() + "' can't call functions", null);
    }
    EngineControl given = EngineControl.of(engine);
    if (given != null) {
      given.enter();
      control = given;
    }
    try {
      evaluate(engine, text);
      script = invocable;
    } catch (ScriptException failure) {
      throw located(failure);
    } catch (EngineControl.ScriptStopped stopped) {
      throw new CancellationException(stopped.getMessage());
    } finally {
      isLoading = false;
      if (script == null && given != null) {
        given.leave();
      }
    }
  }

  private ScriptEngine engine() {
    ScriptEngineManager manager =
        new ScriptEngineManager(Thread.currentThread().getContextClassLoader());
    ScriptEngine engine;
    try {
      engine = manager.getEngineByExtension(source.language());
      if (engine == null) {
        engine = manager.getEngineByName(source.language());
      }
    } catch (LinkageError unusable) {
      throw broken("The engine for '" + source.language() + "' can't be used", unusable);
    }
    if (engine == null) {
      String found =
          manager.getEngineFactories().stream()
              .map(ScriptEngineFactory::getEngineName)
              .collect(Collectors.joining(", "));
      throw broken(
          "There is no script engine for '"
              + source.language()
              + "' on the class path (found: "
              + (found.isEmpty() ? "none" : found)
              + "); for JavaScript, add org.mozilla:rhino-engine",
          null);
    }
    return engine;
  }

  private WorkerScriptException broken(String message, @Nullable Throwable cause) {
    return new WorkerScriptException(message, source.name(), -1, -1, cause);
  }

  private void evaluate(ScriptEngine engine, String text) throws ScriptException, IOException {
    isJavaScript =
        engine.getFactory().getNames().stream()
            .anyMatch(
                name -> name.equalsIgnoreCase("javascript") || name.equalsIgnoreCase("ecmascript"));
    if (isJavaScript) {
      if (engine.getClass().getName().startsWith(GRAAL)) {
        engine.put("polyglot.js.allowHostAccess", true); // else the prelude could call nothing
      }
      engine.put(ScriptEngine.FILENAME, "velox-prelude.js");
      engine.put(HOST, port);
      engine.eval(prelude());
      engine.getBindings(ScriptContext.ENGINE_SCOPE).remove(HOST);
    } else {
      engine.put("worker", this);
    }
    engine.put(ScriptEngine.FILENAME, source.name());
    // Rhino counts a script's lines from 0.
    engine.eval(control instanceof RhinoControl ? "\n" + text : text);
  }

  private static String prelude() throws IOException {
    try (InputStream resource = ScriptRun.class.getResourceAsStream("prelude.js")) {
      if (resource == null) {
        throw new IOException("prelude.js is missing beside " + ScriptRun.class.getName());
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private WorkerScriptException located(ScriptException failure) {
    String file = failure.getFileName();
    int column = failure.getColumnNumber();
    return new WorkerScriptException(
        String.valueOf(failure.getMessage()),
        file == null ? source.name() : file,
        failure.getLineNumber(),
        column > 0 ? column : -1,
        failure);
  }

  // ---- messages and timers ------------------------------------------------------------------

  @Override
  void onMessage(Copy message) throws Exception {
    if (!isJavaScript) {
      call("onmessage", message.build());
      return;
    }
    port.read(message);
    try {
      call(DISPATCH, "message", 0);
    } finally {
      port.read(null);
    }
  }

  private void call(String function, @Nullable Object... arguments) throws NoSuchMethodException {
    Invocable callee = script;
    if (callee == null) {
      return;
    }
    try {
      Object ignored = callee.invokeFunction(function, arguments);
      EngineControl beyond = control;
      if (beyond != null) {
        beyond.settle();
      }
    } catch (ScriptException failure) {
      throw located(failure);
    } catch (EngineControl.ScriptStopped stopped) {
      throw new CancellationException(stopped.getMessage());
    }
  }

  @Override
  public long untilDue() {
    return timers.untilDue(now());
  }

  @Override
  public void runDue() {
    if (timers.isEmpty()) {
      return;
    }
    long now = now();
    long before = timers.count();
    Integer id = timers.takeDue(now, before);
    while (id != null && isServing()) {
      try {
        call(DISPATCH, "timer", id);
      } catch (Exception | StackOverflowError failure) {
        report(failure);
      }
      id = timers.takeDue(now, before);
    }
  }

  long now() {
    return options.timer().now(TimeUnit.NANOSECONDS);
  }

  // ---- end ----------------------------------------------------------------------------------

  @Override
  public boolean hasCancel() {
    return control != null || isLoading; // it may be on its way
  }

  @Override
  public void cancel() {
    EngineControl given = control;
    if (given != null) {
      given.stop();
    }
  }

  @Override
  public void release() {
    timers.clear();
    script = null;
    EngineControl given = control;
    if (given != null) {
      given.leave();
    }
  }

  // ---- the view from inside, for a script that is not in JavaScript --------------------------

  @Override
  public void postMessage(Object result) {
    super.postMessage(copy(result));
  }

  @Override
  public boolean tryPostMessage(Object result) {
    return super.tryPostMessage(copy(result));
  }

  private static Object copy(Object result) {
    return Args.notNull(Copy.of(Args.notNull(result, "result"), "result").build(), "result");
  }

  @Override
  public @Nullable Object workerData() {
    Copy given = data;
    return given == null ? null : given.build();
  }
}
