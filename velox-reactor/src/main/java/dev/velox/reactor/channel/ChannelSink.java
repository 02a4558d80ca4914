package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * A channel as a sink. An emission is decided by the channel at once, so there is nothing that two
 * threads could find busy: {@code FAIL_NON_SERIALIZED} does not occur.
 */
final class ChannelSink<T> extends SinkView<T> {

  private final DefaultChannel<T> channel;

  ChannelSink(DefaultChannel<T> channel) {
    this.channel = channel;
  }

  @Override
  public Sinks.EmitResult tryEmitNext(T element) {
    return switch (channel.trySend(element)) {
      case SENT -> Sinks.EmitResult.OK;
      case CLOSED -> ended();
      default -> Sinks.EmitResult.FAIL_OVERFLOW;
    };
  }

  @Override
  public Sinks.EmitResult tryEmitComplete() {
    return channel.close() ? Sinks.EmitResult.OK : ended();
  }

  @Override
  public Sinks.EmitResult tryEmitError(Throwable failure) {
    return channel.close(failure) ? Sinks.EmitResult.OK : ended();
  }

  private Sinks.EmitResult ended() {
    return channel.core.state().isCancelled()
        ? Sinks.EmitResult.FAIL_CANCELLED
        : Sinks.EmitResult.FAIL_TERMINATED;
  }

  @Override
  public int currentSubscriberCount() {
    return channel.waitingReceivers();
  }

  @Override
  public Flux<T> asFlux() {
    return channel.asFlux();
  }

  @Override
  public @Nullable Object scanUnsafe(Scannable.Attr key) {
    return key == Attr.ACTUAL ? channel : channel.scanUnsafe(key);
  }
}
