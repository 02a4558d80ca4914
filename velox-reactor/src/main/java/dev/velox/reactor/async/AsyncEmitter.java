package dev.velox.reactor.async;

/**
 * Takes the elements of a generator; see {@link Async#asyncFlux}.
 *
 * @param <T> the type of the elements
 */
public interface AsyncEmitter<T> {

  /**
   * Hands an element to the subscriber, and waits before that until the subscriber has asked for
   * it. The wait holds only the generator's own thread.
   *
   * <p>When the subscriber has cancelled, before or while this waits, the element goes to the
   * discard hook and {@link java.util.concurrent.CancellationException} is thrown, so that the
   * generator's {@code finally} blocks run. The same is thrown after the element that made the
   * subscriber cancel.
   *
   * <p>Elements arrive in the order of the calls, on the generator's thread.
   *
   * @param element what the subscriber shall get
   * @throws NullPointerException if it is {@code null}
   * @throws IllegalStateException if called from another thread than the generator's, after the
   *     generator has ended, from inside the subscriber's own {@code onNext}, or where waiting for
   *     demand would block a thread that must not block
   */
  void emit(T element);
}
