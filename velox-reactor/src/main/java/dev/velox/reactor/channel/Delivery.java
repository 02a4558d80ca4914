package dev.velox.reactor.channel;

/**
 * An element on loan from a channel: it is gone for good only when it is acknowledged.
 *
 * <p>Reactor's operators that give up early ({@code timeout}, {@code firstWithSignal}, {@code
 * switchMap}) lose an element that arrives as they do. A delivery that nobody acknowledged goes
 * back instead: when the {@code Mono} that gave it is cancelled, or by {@link #giveBack()}. While
 * it is on loan its place in the channel's buffer stays taken.
 *
 * @param <T> the type of the element
 */
public interface Delivery<T> {

  /**
   * The element.
   *
   * @return what was received
   */
  T value();

  /**
   * Keeps the element: it will never be given to another receiver. A sender that waits for its
   * place is let in.
   *
   * @return whether this call settled the delivery; {@code false} if it was acknowledged or given
   *     back before
   */
  boolean acknowledge();

  /**
   * Returns the element to the head of the channel, for the next receiver. If the channel was
   * cancelled meanwhile, the element is discarded like the others were.
   *
   * @return whether this call settled the delivery; {@code false} if it was acknowledged or given
   *     back before
   */
  boolean giveBack();
}
