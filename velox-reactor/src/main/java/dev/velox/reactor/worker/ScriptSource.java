package dev.velox.reactor.worker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A script before it is read, which happens on the worker's thread.
 *
 * @param name its name, for error messages
 * @param language the ending of its file's name, or the name of its language
 * @param text reads it
 */
record ScriptSource(String name, String language, Callable<String> text) {

  static ScriptSource text(String language, String text) {
    return new ScriptSource("worker." + language, language, () -> text);
  }

  static ScriptSource file(Path file) {
    Path end = file.getFileName();
    String name = end == null ? file.toString() : end.toString();
    return new ScriptSource(name, ending(name), () -> read(file));
  }

  /** A resource of the class path by that name, else a file. */
  static ScriptSource named(String location) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    String name = location.substring(location.lastIndexOf('/') + 1);
    return new ScriptSource(name, ending(location), () -> find(location, loader));
  }

  private static String find(String location, @Nullable ClassLoader loader) throws IOException {
    ClassLoader from = loader != null ? loader : ClassLoader.getSystemClassLoader();
    try (InputStream resource = from.getResourceAsStream(location)) {
      if (resource != null) {
        return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
    Path file;
    try {
      file = Path.of(location);
    } catch (InvalidPathException noPath) {
      throw missing("There is no resource " + location + " on the class path", location, noPath);
    }
    if (!Files.exists(file)) {
      throw missing(
          "There is neither a resource "
              + location
              + " on the class path nor a file "
              + file.toAbsolutePath(),
          location,
          null);
    }
    return read(file);
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException absent) {
      throw missing("There is no file " + file.toAbsolutePath(), file.toString(), absent);
    }
  }

  private static WorkerScriptException missing(
      String message, String location, @Nullable Throwable cause) {
    return new WorkerScriptException(message, location, -1, -1, cause);
  }

  private static String ending(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
