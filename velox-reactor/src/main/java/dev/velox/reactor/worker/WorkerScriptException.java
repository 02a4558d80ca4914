package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;

/** A script threw something, or could not be loaded. */
public final class WorkerScriptException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /** Where it was thrown. */
  private final @Nullable String file;

  /** The line in it. */
  private final int line;

  /** The column in it. */
  private final int column;

  WorkerScriptException(
      String message, @Nullable String file, int line, int column, @Nullable Throwable cause) {
    super(place(message, file, line, column), cause);
    this.file = file;
    this.line = line;
    this.column = column;
  }

  private static String place(String message, @Nullable String file, int line, int column) {
    if (file == null || message.contains(file)) {
      return message;
    }
    return message
        + " ("
        + file
        + (line < 0 ? "" : ":" + line + (column < 0 ? "" : ":" + column))
        + ")";
  }

  /**
   * Where it was thrown.
   *
   * @return the script's name, or {@code null} if that is not known
   */
  public @Nullable String file() {
    return file;
  }

  /**
   * The line in it.
   *
   * @return counted from 1, or -1 if it is not known
   */
  public int line() {
    return line;
  }

  /**
   * The column in it.
   *
   * @return counted from 1, or -1 if it is not known
   */
  public int column() {
    return column;
  }
}
