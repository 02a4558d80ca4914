package dev.velox.reactor.worker;

/**
 * A value can't be copied into or out of a script: a function, an object that belongs to a script
 * engine, a value that contains itself, or a number that a script could not tell exactly.
 */
public final class DataCloneException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells what can't be copied.
   *
   * @param message what, where in the value, and why
   */
  public DataCloneException(String message) {
    super(message);
  }
}
