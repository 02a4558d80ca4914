package dev.velox.reactor.retry;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * What an attempt subscribes to.
 *
 * @param <T> the type of the elements
 */
@FunctionalInterface
interface AttemptSource<T> {

  /**
   * Makes or names the publisher of one attempt. What it throws is that attempt's failure.
   *
   * @param number which attempt, from 1
   * @param lastFailure how the one before failed, if by an error
   * @param lastElement the last element that went downstream, if this source remembers it
   */
  Publisher<? extends T> next(int number, @Nullable Throwable lastFailure, @Nullable T lastElement);
}
