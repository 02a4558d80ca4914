package dev.velox.examples.flightboard;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A headless Chromium with one page, driven by its DevTools protocol.
 *
 * <p>The protocol is JSON over a WebSocket, and the JDK has a client for that. So the test needs no
 * driver that must fit the browser's version, no Node and no download; and it sees what a driver
 * hides: each request, each error, each line of the console.
 */
final class Chromium implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();

  private Chromium(Process process, Path profile, int port) {
    this.process = process;
    this.profile = profile;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(pageOf(port)), new Answers())
            .join();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
  }

  /** Where it is: at {@code chromium.path}, or on the path under one of its names. */
  static Optional<Path> find() {
    String given = System.getProperty("chromium.path");
    Stream<Path> candidates =
        given != null
            ? Stream.of(Path.of(given))
            : Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(
                    name ->
                        Stream.of(System.getenv("PATH").split(File.pathSeparator))
                            .map(directory -> Path.of(directory, name)));
    return candidates.filter(Files::isExecutable).findFirst();
  }

  /**
   * Starts it.
   *
   * @param profile an empty directory of its own, which ends with it
   */
  static Chromium start(Path executable, Path profile) {
    try {
      Process process =
          new ProcessBuilder(
                  executable.toString(),
                  "--headless",
                  "--no-sandbox",
                  "--disable-gpu",
                  "--disable-quic",
                  "--disable-dev-shm-usage",
                  "--hide-scrollbars",
                  "--no-first-run",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--remote-debugging-port=0",
                  "--user-data-dir=" + profile,
                  "about:blank")
              .redirectErrorStream(true)
              .redirectOutput(profile.resolve("output.log").toFile())
              .start();
      try {
        return new Chromium(process, profile, port(process, profile));
      } catch (RuntimeException | IOException failure) {
        end(process);
        throw failure;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** It writes the port into its profile when it listens. */
  private static int port(Process process, Path profile) throws IOException {
    Path file = profile.resolve("DevToolsActivePort");
    while (process.isAlive()) {
      List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
      if (lines.size() > 1) {
        return Integer.parseInt(lines.get(0));
      }
      pause();
    }
    throw new IllegalStateException(
        "Chromium did not start: " + Files.readString(profile.resolve("output.log")));
  }

  private static String pageOf(int port) {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
    while (true) {
      try {
        JsonNode targets =
            JSON.readTree(HttpClient.newHttpClient().send(list, BodyHandlers.ofString()).body());
        for (JsonNode target : targets) {
          if (target.get("type").asString().equals("page")) {
            return target.get("webSocketDebuggerUrl").asString();
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      pause();
    }
  }

  /** Between two looks at a condition; the test's own time-out ends a wait that is in vain. */
  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException("the wait was in vain", e);
    }
  }

  /** Calls a method of the protocol. */
  JsonNode call(String method, Map<String, ?> parameters) {
    int id = calls.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    pending.put(id, answer);
    socket
        .sendText(
            JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)), true)
        .join();
    JsonNode message = answer.orTimeout(60, TimeUnit.SECONDS).join();
    if (message.has("error")) {
      throw new IllegalStateException(method + ": " + message.get("error"));
    }
    return message.get("result");
  }

  private final class Answers implements WebSocket.Listener {

    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      message.append(data);
      if (last) {
        JsonNode whole = JSON.readTree(message.toString());
        message.setLength(0);
        if (whole.has("id")) {
          pending.remove(whole.get("id").asInt()).complete(whole);
        } else {
          event(whole.get("method").asString(), whole.get("params"));
        }
      }
      webSocket.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  private void event(String method, JsonNode parameters) {
    switch (method) {
      case "Runtime.exceptionThrown" ->
          faults.add("script: " + parameters.get("exceptionDetails").toString());
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning", "assert").contains(parameters.get("type").asString())) {
          faults.add("console: " + parameters.get("args").toString());
        }
      }
      case "Log.entryAdded" -> {
        if (List.of("error", "warning").contains(parameters.at("/entry/level").asString())) {
          faults.add("log: " + parameters.get("entry").toString());
        }
      }
      case "Network.requestWillBeSent" -> requests.add(parameters.at("/request/url").asString());
      default -> {}
    }
  }

  /**
   * Errors and warnings of the page so far: of scripts, of the console, of what could not be
   * loaded.
   */
  List<String> faults() {
    return List.copyOf(faults);
  }

  /** The addresses of all requests of the page so far. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  /** Opens another page; faults and requests are those from now on. */
  void open(String address) {
    faults.clear();
    requests.clear();
    call("Page.navigate", Map.of("url", address));
    await("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** The size of the window in CSS pixels, and what the person prefers. */
  void look(int width, int height, String scheme, String motion) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    call(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", scheme),
                Map.of("name", "prefers-reduced-motion", "value", motion))));
  }

  /** The value of an expression, or of its promise. */
  JsonNode evaluate(String expression) {
    JsonNode result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
    }
    return result.get("result").path("value");
  }

  String text(String selector) {
    return evaluate("document.querySelector('" + selector + "').textContent").asString();
  }

  /** Looks until a condition holds. */
  void await(String condition) {
    while (!evaluate("!!(" + condition + ")").asBoolean()) {
      pause();
    }
  }

  /** Presses a key, by its name in the DOM and its number in keyboard events. */
  void press(String key, int number) {
    List<Map<String, Object>> events = new ArrayList<>();
    String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
    Map<String, Object> down =
        Map.of(
            "type", text.isEmpty() ? "rawKeyDown" : "keyDown",
            "key", key,
            "code", key.equals(" ") ? "Space" : key,
            "text", text,
            "windowsVirtualKeyCode", number);
    events.add(down);
    events.add(
        Map.of(
            "type",
            "keyUp",
            "key",
            key,
            "code",
            key.equals(" ") ? "Space" : key,
            "windowsVirtualKeyCode",
            number));
    events.forEach(event -> call("Input.dispatchKeyEvent", event));
  }

  void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Writes what the page looks like, all of it, as a PNG file. */
  void screenshot(Path file) {
    JsonNode size = call("Page.getLayoutMetrics", Map.of()).get("cssContentSize");
    String png =
        call(
                "Page.captureScreenshot",
                Map.of(
                    "captureBeyondViewport",
                    true,
                    "clip",
                    Map.of(
                        "x", 0,
                        "y", 0,
                        "scale", 1,
                        "width", size.get("width").asDouble(),
                        "height", size.get("height").asDouble())))
            .get("data")
            .asString();
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode(png));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    socket.abort();
    end(process);
    try {
      FileSystemUtils.deleteRecursively(profile);
    } catch (IOException inUse) {
      // It lies in the directory of the build, which is cleaned now and then.
    }
  }

  /** Its processes end with it. */
  private static void end(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
