package dev.velox.reactor.worker;

import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import javax.script.AbstractScriptEngine;
import javax.script.Bindings;
import javax.script.Invocable;
import javax.script.ScriptContext;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineFactory;
import javax.script.ScriptException;
import javax.script.SimpleBindings;

/** The smallest engine of a language other than JavaScript: it reverses lists. */
public final class ReverseEngine extends AbstractScriptEngine implements Invocable {

  private String script = "";

  /** A class loader on whose class path this engine is. */
  static ClassLoader loader(ClassLoader parent) {
    return new ClassLoader(parent) {
      @Override
      public Enumeration<URL> getResources(String name) throws IOException {
        if (!name.equals("META-INF/services/" + ScriptEngineFactory.class.getName())) {
          return super.getResources(name);
        }
        Path service = Files.createTempFile("factory", "");
        service.toFile().deleteOnExit();
        Files.writeString(service, Factory.class.getName(), StandardCharsets.UTF_8);
        URI uri = service.toUri();
        return Collections.enumeration(List.of(uri.toURL()));
      }
    };
  }

  @Override
  public Object eval(String text, ScriptContext context) {
    script = text;
    return text;
  }

  @Override
  public Object eval(Reader reader, ScriptContext context) throws ScriptException {
    throw new ScriptException("only texts");
  }

  @Override
  @SuppressWarnings("unchecked")
  public Object invokeFunction(String name, Object... args) throws ScriptException {
    if (!(args[0] instanceof List<?> list)) {
      throw new ScriptException("no list", "a.reverse", 3, 4);
    }
    List<Object> reversed = new ArrayList<>(list);
    Collections.reverse(reversed);
    WorkerScope<Object> worker = (WorkerScope<Object>) get("worker");
    worker.postMessage(List.of(reversed + " " + worker.workerData() + " " + script));
    return name;
  }

  @Override
  public Object invokeMethod(Object target, String name, Object... args) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> T getInterface(Class<T> type) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> T getInterface(Object target, Class<T> type) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Bindings createBindings() {
    return new SimpleBindings();
  }

  @Override
  public ScriptEngineFactory getFactory() {
    return new Factory();
  }

  /** Found by the service loader. */
  public static final class Factory implements ScriptEngineFactory {

    /** Called by the service loader. */
    public Factory() {}

    @Override
    public String getEngineName() {
      return "Reverse";
    }

    @Override
    public String getEngineVersion() {
      return "1";
    }

    @Override
    public List<String> getExtensions() {
      return List.of("reverse");
    }

    @Override
    public List<String> getMimeTypes() {
      return List.of();
    }

    @Override
    public List<String> getNames() {
      return List.of("reverse");
    }

    @Override
    public String getLanguageName() {
      return "reverse";
    }

    @Override
    public String getLanguageVersion() {
      return "1";
    }

    @Override
    public Object getParameter(String key) {
      return null;
    }

    @Override
    public String getMethodCallSyntax(String object, String method, String... args) {
      return "";
    }

    @Override
    public String getOutputStatement(String text) {
      return "";
    }

    @Override
    public String getProgram(String... statements) {
      return "";
    }

    @Override
    public ScriptEngine getScriptEngine() {
      return new ReverseEngine();
    }
  }
}
