package dev.velox.reactor.actor;

/** Refuses a message for a key that has no actor: as many keys as may live in its group do. */
public final class TooManyKeysException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which group.
   *
   * @param group its name
   * @param maxKeys how many keys may live in it
   */
  public TooManyKeysException(String group, int maxKeys) {
    super("As many keys as may live in " + group + " do: " + maxKeys);
  }
}
