package dev.velox.reactor.worker;

import dev.velox.reactor.internal.ScriptHost;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import reactor.util.Logger;
import reactor.util.Loggers;

/** What the prelude calls: where values, results, timers and errors cross. */
final class ScriptPort implements ScriptHost {

  // The kinds of tokens, as the prelude calls them too.
  private static final int NULL = 0;
  private static final int FALSE = 1;
  private static final int TRUE = 2;
  private static final int NUMBER = 3;
  private static final int TEXT = 4;
  private static final int DATE = 5;
  private static final int LIST = 6;
  private static final int MAP = 7;
  private static final int BYTES = 8;
  private static final int END = 9;

  private static final Logger LOG = Loggers.getLogger(ScriptPort.class);

  private final ScriptRun run;
  private final Outbox<Object> outbox;
  private final WorkerOptions options;
  private final @Nullable Copy data;
  private final ScriptTimers timers;

  private List<@Nullable Object> reading = List.of();
  private int position = -1;
  private CopyBuilder writing = new CopyBuilder();
  private byte[] bytes = {};
  private @Nullable RuntimeException refusal;

  ScriptPort(
      ScriptRun run,
      Outbox<Object> outbox,
      WorkerOptions options,
      @Nullable Copy data,
      ScriptTimers timers) {
    this.run = run;
    this.outbox = outbox;
    this.options = options;
    this.data = data;
    this.timers = timers;
  }

  /** From now on this is what is read. */
  void read(@Nullable Copy copy) {
    reading = copy == null ? List.of() : copy.tokens();
    position = -1;
  }

  // ---- values -------------------------------------------------------------------------------

  @Override
  public boolean readData() {
    read(data);
    return data != null;
  }

  @Override
  public int next() {
    return kind(reading.get(++position));
  }

  private static int kind(@Nullable Object token) {
    if (token == null) {
      return NULL;
    }
    if (token instanceof Boolean truth) {
      return truth ? TRUE : FALSE;
    }
    if (token instanceof Double) {
      return NUMBER;
    }
    if (token instanceof String) {
      return TEXT;
    }
    if (token instanceof Instant) {
      return DATE;
    }
    if (token instanceof Copy.Mark mark) {
      return switch (mark) {
        case LIST -> LIST;
        case MAP -> MAP;
        case END -> END;
      };
    }
    return BYTES;
  }

  @Override
  public double number() {
    Object token = reading.get(position);
    if (token instanceof Instant instant) {
      return instant.toEpochMilli();
    }
    if (token instanceof byte[] read) {
      return read.length;
    }
    return token instanceof Double number ? number : Double.NaN;
  }

  @Override
  public String text() {
    return String.valueOf(reading.get(position));
  }

  @Override
  public int byteAt(int index) {
    return reading.get(position) instanceof byte[] read ? read[index] & 0xff : 0;
  }

  @Override
  public void begin() {
    writing = new CopyBuilder();
  }

  @Override
  public void putNull() {
    writing.put(null);
  }

  @Override
  public void putBoolean(boolean value) {
    writing.put(value);
  }

  @Override
  public void putNumber(double value) {
    writing.put(value);
  }

  @Override
  public void putText(String value) {
    writing.put(value);
  }

  @Override
  public void putDate(double milliseconds) {
    writing.put(Instant.ofEpochMilli((long) milliseconds));
  }

  @Override
  public void beginBytes(int length) {
    bytes = new byte[length];
    writing.put(bytes);
  }

  @Override
  public void putByte(int index, int value) {
    bytes[index] = (byte) value;
  }

  @Override
  public void beginList() {
    writing.begin(Copy.Mark.LIST);
  }

  @Override
  public void beginMap() {
    writing.begin(Copy.Mark.MAP);
  }

  @Override
  public void key(String key) {
    writing.key(key);
  }

  @Override
  public void end() {
    writing.end();
  }

  @Override
  public void post() {
    Object written = writing.value();
    writing = new CopyBuilder();
    if (written != null) {
      try {
        outbox.post(written);
      } catch (RuntimeException failure) {
        refusal = failure; // the script sees some wrapping of it
        throw failure;
      }
    }
  }

  // ---- all else -----------------------------------------------------------------------------

  @Override
  public void startTimer(int id, double milliseconds, boolean repeats) {
    timers.start(id, milliseconds, repeats, run.now());
  }

  @Override
  public void stopTimer(int id) {
    timers.stop(id);
  }

  @Override
  public void console(String level, String line) {
    BiConsumer<String, String> console = options.console();
    if (console != null) {
      console.accept(level, line);
      return;
    }
    switch (level) {
      case "debug" -> LOG.debug("{}: {}", name(), line);
      case "warn" -> LOG.warn("{}: {}", name(), line);
      case "error" -> LOG.error("{}: {}", name(), line);
      default -> LOG.info("{}: {}", name(), line);
    }
  }

  @Override
  public void failed(String message, String file, int line, int column, @Nullable Object cause) {
    RuntimeException refused = refusal;
    refusal = null;
    Throwable origin = refused != null ? refused : cause instanceof Throwable given ? given : null;
    run.report(
        new WorkerScriptException(message, file.isEmpty() ? null : file, line, column, origin));
  }

  @Override
  public void close(int code) {
    run.close(code);
  }

  @Override
  public boolean isAborted() {
    return run.isAborted();
  }

  @Override
  public String name() {
    return run.name();
  }
}
