package dev.velox.reactor.spring;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentQueue;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ReactiveTypeDescriptor;
import reactor.core.publisher.Flux;

/**
 * Teaches Spring the streams of Velox: WebFlux asks a registry of its own, everything else the
 * shared one.
 *
 * <p>They are publishers, which Spring would write without this; but it would read a body as a
 * {@code Flux}, and then can't hand that to a parameter of these types. What is no publisher stays
 * out on purpose: an actor or a worker is an address, and if the shared registry took it for a
 * stream, every method that answers one would be subscribed to by caching, transactions and events.
 */
final class Adapters implements SmartInitializingSingleton {

  private final ObjectProvider<ReactiveAdapterRegistry> registries;

  Adapters(ObjectProvider<ReactiveAdapterRegistry> registries) {
    this.registries = registries;
  }

  @Override
  public void afterSingletonsInstantiated() {
    register(ReactiveAdapterRegistry.getSharedInstance());
    registries.stream().forEach(Adapters::register);
  }

  /** Reads come without a lock: a registry in use is left as it is. */
  private static void register(ReactiveAdapterRegistry registry) {
    register(registry, Channel.class, Channel::asFlux, Adapters::channelOf);
    register(
        registry,
        ConcurrentQueue.class,
        ConcurrentQueue::asFlux,
        source -> ConcurrentQueue.on(channelOf(source)));
    register(
        registry,
        Broadcast.class,
        Broadcast::asFlux,
        source -> {
          throw new UnsupportedOperationException(
              "a Broadcast can't be made from a stream, which would be published before anybody"
                  + " has subscribed; take a Channel or a Flux");
        });
  }

  private static <C> void register(
      ReactiveAdapterRegistry registry,
      Class<C> type,
      Function<C, Flux<?>> toFlux,
      Function<Publisher<?>, Object> from) {
    ReactiveAdapter known = registry.getAdapter(type);
    if (known == null || known.getReactiveType() != type) {
      registry.registerReactiveTypeOverride(
          ReactiveTypeDescriptor.multiValue(type, () -> from.apply(Flux.empty())),
          stream -> toFlux.apply(type.cast(stream)),
          from);
    }
  }

  /** Without a buffer: the source is asked for an element when a receiver waits for one. */
  private static Channel<Object> channelOf(Publisher<?> source) {
    Channel<Object> channel = Channel.rendezvous();
    source.subscribe(channel.asSubscriber());
    return channel;
  }
}
