package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** A broadcast as a sink on which any number of threads may emit at once. */
final class BroadcastSink<T> extends SinkView<T> {

  private final DefaultBroadcast<T> broadcast;

  BroadcastSink(DefaultBroadcast<T> broadcast) {
    this.broadcast = broadcast;
  }

  @Override
  public Sinks.EmitResult tryEmitNext(T element) {
    return switch (broadcast.tryPublish(element).status()) {
      case PUBLISHED -> Sinks.EmitResult.OK;
      case FULL -> Sinks.EmitResult.FAIL_OVERFLOW;
      case CLOSED -> ended();
    };
  }

  @Override
  public Sinks.EmitResult tryEmitComplete() {
    return broadcast.close() ? Sinks.EmitResult.OK : ended();
  }

  @Override
  public Sinks.EmitResult tryEmitError(Throwable failure) {
    return broadcast.close(failure) ? Sinks.EmitResult.OK : ended();
  }

  private Sinks.EmitResult ended() {
    return broadcast.core.state().isCancelled()
        ? Sinks.EmitResult.FAIL_CANCELLED
        : Sinks.EmitResult.FAIL_TERMINATED;
  }

  @Override
  public int currentSubscriberCount() {
    return broadcast.subscriberCount();
  }

  @Override
  public Flux<T> asFlux() {
    return broadcast.asFlux();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.ACTUAL ? broadcast : broadcast.scanUnsafe(key);
  }
}
