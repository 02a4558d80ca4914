package dev.velox.reactor.actor;

import reactor.core.publisher.Mono;

/**
 * Where the answers to an {@link Actor#askMany} go.
 *
 * @param <R> the type of the answers
 */
public interface ReplyStream<R> {

  /**
   * Gives an answer.
   *
   * @param value the answer
   * @return completes when it was accepted; fails if nobody listens any more
   */
  Mono<Void> next(R value);

  /**
   * Ends the stream.
   *
   * @return whether this call ended it
   */
  boolean complete();

  /**
   * Ends the stream with an error.
   *
   * @param error the error
   * @return whether this call ended it
   */
  boolean fail(Throwable error);

  /**
   * Whether nobody listens any more.
   *
   * @return {@code true} once it was ended or cancelled
   */
  boolean isDone();
}
