package dev.velox.reactor.async;

/**
 * A body that produces any number of elements, given to {@link Async#asyncFlux}.
 *
 * @param <T> the type of the elements
 */
@FunctionalInterface
public interface AsyncGenerator<T> {

  /**
   * Produces the elements, in plain Java, on a thread of its own. It may {@code await}, loop, and
   * use {@code try}/{@code finally}. The {@code Flux} completes when it returns.
   *
   * @param emitter takes the elements
   * @throws Exception whatever the {@code Flux} shall fail with, as itself
   */
  void generate(AsyncEmitter<T> emitter) throws Exception;
}
