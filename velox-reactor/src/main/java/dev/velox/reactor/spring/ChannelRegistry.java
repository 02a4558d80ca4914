package dev.velox.reactor.spring;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.internal.Args;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The channels of an application, by name. Those that the properties declare are there from the
 * start; of which type their elements are says who asks first, and the others have to agree.
 *
 * <pre>{@code
 * Channel<Order> orders = channels.get("orders", Order.class);   // velox.channels.orders.capacity=64
 * }</pre>
 *
 * <p>On shutdown they are closed after the web server has finished its requests, and given time to
 * be drained. It may be used by any number of threads at once.
 */
public final class ChannelRegistry {

  private final Registry<Channel<?>> channels;
  private final ConcurrentHashMap<String, Class<?>> types = new ConcurrentHashMap<>();

  private ChannelRegistry(Map<String, ? extends Channel<?>> declared) {
    this.channels = Registry.of("channel", declared);
  }

  /**
   * A registry, for an application that declares its own as a bean.
   *
   * @param declared what is there from the start, by name
   * @return a new registry
   */
  public static ChannelRegistry of(Map<String, ? extends Channel<?>> declared) {
    return new ChannelRegistry(declared);
  }

  /**
   * The channel of a name.
   *
   * @param <T> the type of the elements
   * @param name the name
   * @param type the same; always the same one for a channel
   * @return the channel
   * @throws IllegalArgumentException if there is none of this name, or its elements are of another
   *     type
   */
  public <T> Channel<T> get(String name, Class<T> type) {
    Args.notNull(type, "type");
    return typed(channels.get(name), name, type);
  }

  /**
   * The channel of a name, made if there is none. Of two threads that make one at once, both get
   * the one that was first, and the other one is dropped.
   *
   * @param <T> the type of the elements
   * @param name the name
   * @param type the same; always the same one for a channel
   * @param make makes it from the name
   * @return the channel
   * @throws IllegalArgumentException if there is one, and its elements are of another type
   */
  public <T> Channel<T> getOrCreate(
      String name, Class<T> type, Function<? super String, ? extends Channel<T>> make) {
    Args.notNull(type, "type");
    return typed(channels.getOrCreate(name, make), name, type);
  }

  /**
   * Which there are.
   *
   * @return their names at this moment, in order
   */
  public Set<String> names() {
    return channels.names();
  }

  Map<String, Channel<?>> all() {
    return new TreeMap<>(channels.all());
  }

  @SuppressWarnings("unchecked") // whoever gets this channel has named this very type
  private <T> Channel<T> typed(Channel<?> channel, String name, Class<T> type) {
    Class<?> first = types.putIfAbsent(name, type);
    if (first != null && first != type) {
      throw new IllegalArgumentException(
          "type must be "
              + first.getName()
              + " for the channel "
              + name
              + ", but was "
              + type.getName());
    }
    return (Channel<T>) channel;
  }
}
