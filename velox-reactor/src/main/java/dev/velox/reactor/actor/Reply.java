package dev.velox.reactor.actor;

/**
 * Where the answer to an ask goes. It is part of the message, and may be kept and answered later,
 * from any thread. The first answer counts; others are ignored, and counted by the actor's metrics
 * listener.
 *
 * @param <R> the type of the answer
 */
public interface Reply<R> {

  /**
   * Answers.
   *
   * @param value the answer
   * @return whether this call was the answer; {@code false} if there is one, or nobody waits for it
   *     any more
   */
  boolean reply(R value);

  /**
   * Answers that there is no value: the ask completes empty.
   *
   * @return as {@link #reply}
   */
  boolean empty();

  /**
   * Answers with an error. The actor goes on.
   *
   * @param error the error
   * @return as {@link #reply}
   */
  boolean fail(Throwable error);

  /**
   * Whether nobody waits for an answer: it was given, or the asker has left or run out of time.
   *
   * @return {@code true} if an answer would be ignored
   */
  boolean isDone();
}
