package dev.velox.reactor;

/**
 * Refuses an operation that would have to wait when as many wait already as the construct was built
 * to bear.
 *
 * <p>It is raised at once, so a server can answer "try again later" (503) instead of collecting
 * requests until memory ends.
 */
public final class TooManyWaitersException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /** How many may wait. */
  private final int limit;

  /**
   * Tells which construct refuses, and at which limit.
   *
   * @param construct the construct, by its name or kind
   * @param operation what wanted to wait, as in "send"
   * @param limit how many may wait
   */
  public TooManyWaitersException(String construct, String operation, int limit) {
    super(construct + " has " + limit + " waiting to " + operation + ", which is its limit");
    this.limit = limit;
  }

  /**
   * The limit that was reached.
   *
   * @return how many may wait
   */
  public int limit() {
    return limit;
  }
}
