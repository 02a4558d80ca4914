package dev.velox.tck;

import org.reactivestreams.Publisher;

/** Where the kit's own checks get their publishers from. */
interface PublisherSource<T> {

  Capabilities capabilities();

  Timing timing();

  /** A new publisher of so many elements; of what it has where it can't be told. */
  Publisher<T> publisher(long elements);

  /** A new failed publisher; asked for only if it can fail. */
  Publisher<T> failed();
}
