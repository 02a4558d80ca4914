package dev.velox.tck;

import java.util.Objects;
import org.reactivestreams.Publisher;

/**
 * A publisher whose subscriber has to wait, and what ends the wait: a {@code lock()} behind a
 * holder and the holder's {@code unlock}, a {@code receive()} from an empty channel and a {@code
 * send}.
 *
 * @param <T> the type of the elements
 * @param publisher signals nothing before the release, whatever is requested
 * @param release lets it go on; called once at most
 */
public record Waiting<T>(Publisher<T> publisher, Runnable release) {

  /**
   * Refuses {@code null}.
   *
   * @param publisher signals nothing before the release
   * @param release lets it go on
   */
  public Waiting {
    Objects.requireNonNull(publisher, "publisher must not be null");
    Objects.requireNonNull(release, "release must not be null");
  }
}
