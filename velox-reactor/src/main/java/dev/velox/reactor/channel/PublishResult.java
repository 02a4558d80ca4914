package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Args;

/**
 * What became of an element that was published without waiting.
 *
 * @param status whether it was published
 * @param reached to how many subscribers; zero if it was not published
 */
public record PublishResult(Status status, int reached) {

  /** Whether an element was published. */
  public enum Status {
    /** It was, to all who were subscribed at that instant. */
    PUBLISHED,
    /**
     * A subscriber for which publishers wait has no room; nobody gets the element, and it stays
     * with the caller.
     */
    FULL,
    /** The broadcast takes no more elements, and this one stays with the caller. */
    CLOSED
  }

  static final PublishResult FULL = new PublishResult(Status.FULL, 0);
  static final PublishResult CLOSED = new PublishResult(Status.CLOSED, 0);

  /**
   * A result.
   *
   * @param status whether it was published
   * @param reached to how many subscribers
   * @throws NullPointerException if {@code status} is {@code null}
   * @throws IllegalArgumentException if {@code reached} is negative
   */
  public PublishResult {
    Args.notNull(status, "status");
    Args.notNegative(reached, "reached");
  }

  static PublishResult published(int reached) {
    return new PublishResult(Status.PUBLISHED, reached);
  }

  /**
   * Whether the element was published.
   *
   * @return {@code true} for {@link Status#PUBLISHED}, though nobody was subscribed
   */
  public boolean isPublished() {
    return status == Status.PUBLISHED;
  }
}
