package dev.velox.reactor.actor;

/**
 * Where the answer of an {@link Actor#ask ask} goes; a part of the message. One answer counts; what
 * comes after it is ignored.
 *
 * @param <R> the type of the answer
 */
public interface Reply<R> {

  /**
   * Answers.
   *
   * @param answer the answer
   * @return {@code false} if it was answered before, or the asker has left
   * @throws NullPointerException if {@code answer} is {@code null}
   */
  boolean success(R answer);

  /**
   * Fails the ask. The actor goes on.
   *
   * @param error what the asker gets
   * @return {@code false} if it was answered before, or the asker has left
   * @throws NullPointerException if {@code error} is {@code null}
   */
  boolean error(Throwable error);

  /**
   * Whether nobody waits for the answer any more.
   *
   * @return {@code true} if it was answered, or the asker has cancelled or run out of time
   */
  boolean isOver();
}
