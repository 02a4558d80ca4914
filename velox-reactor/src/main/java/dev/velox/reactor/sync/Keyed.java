package dev.velox.reactor.sync;

import dev.velox.reactor.internal.Args;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Works on a stream in order per key, and on different keys side by side.
 *
 * <p>This is what {@code groupBy} followed by {@code flatMap} is often meant to be. There, each
 * group needs a subscriber for as long as the stream lasts, and with more groups than {@code
 * flatMap}'s concurrency the stream hangs; here a key costs memory only while it has work, and
 * there may be any number of them.
 */
public final class Keyed {

  private static final int LEAST_WINDOW = 256;

  private Keyed() {}

  /**
   * Works on each element, one after the other for those of one key, on up to {@code concurrency}
   * keys at once.
   *
   * <pre>{@code
   * events.transform(Keyed.serially(Event::account, 16, store::save))
   * }</pre>
   *
   * <p>As {@link #serially(Function, int, int, Function)} with a window of sixteen times the
   * concurrency, and at least 256.
   *
   * @param <T> the type of the elements
   * @param <K> the type of the keys
   * @param <R> the type of the results
   * @param key the key of an element; never {@code null}
   * @param concurrency how many are worked on at once
   * @param work what to do with an element
   * @return a function for {@code transform}
   * @throws IllegalArgumentException if {@code concurrency} is not positive
   */
  public static <T, K, R> Function<Flux<T>, Flux<R>> serially(
      Function<? super T, ? extends K> key,
      int concurrency,
      Function<? super T, ? extends Publisher<? extends R>> work) {
    Args.positive(concurrency, "concurrency");
    long window = Math.max(LEAST_WINDOW, 16L * concurrency);
    return serially(key, concurrency, (int) Math.min(Integer.MAX_VALUE, window), work);
  }

  /**
   * Works on each element, one after the other for those of one key, on up to {@code concurrency}
   * keys at once, looking ahead for work.
   *
   * <p>The work on an element is not subscribed before that on the previous one of its key has
   * completed. Results are passed on as they come; those of one key are in the order of its
   * elements. Up to {@code window} elements are taken from the source and not finished; one key
   * with so much work holds up the others only when it fills the window.
   *
   * <p>It completes when the source and all work have. The first error, of the source, of a
   * function that throws or answers {@code null}, or of the work, ends it at once: the source and
   * all running work are cancelled, and elements and results that wait go to the discard hook.
   * Cancelling does the same.
   *
   * <p>Work is subscribed, and results are passed on, on the thread of whatever made that possible:
   * the source's, the work's, or the one that requests. Nothing is passed on that was not
   * requested; of a work's results up to 32 are taken in advance. Work that is a {@link
   * java.util.concurrent.Callable} (as {@code Mono.just}, {@code Mono.fromCallable}) is called on
   * the spot, without being subscribed. The source is asked for more when up to a quarter of the
   * window is free.
   *
   * @param <T> the type of the elements
   * @param <K> the type of the keys
   * @param <R> the type of the results
   * @param key the key of an element; never {@code null}
   * @param concurrency how many are worked on at once
   * @param window how many elements may be taken and not finished
   * @param work what to do with an element
   * @return a function for {@code transform}
   * @throws IllegalArgumentException if {@code concurrency} is not positive, or more than {@code
   *     window}
   */
  public static <T, K, R> Function<Flux<T>, Flux<R>> serially(
      Function<? super T, ? extends K> key,
      int concurrency,
      int window,
      Function<? super T, ? extends Publisher<? extends R>> work) {
    Args.notNull(key, "key");
    Args.positive(concurrency, "concurrency");
    Args.notNull(work, "work");
    if (window < concurrency) {
      throw new IllegalArgumentException(
          "window must be at least the concurrency of " + concurrency + ", but was " + window);
    }
    return source -> SeriallyFlux.of(source, key, concurrency, window, work);
  }
}
