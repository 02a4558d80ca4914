package dev.velox.reactor.spring;

import dev.velox.reactor.internal.Args;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The constructs of one kind in an application, by name: {@code Registry<Mutex>}, {@code
 * Registry<Semaphore>} and {@code Registry<RetryPolicy>} are beans. Those that the properties
 * declare are there from the start.
 *
 * <pre>{@code
 * Semaphore search = semaphores.get("search");     // velox.semaphores.search.permits=16
 * }</pre>
 *
 * <p>It may be used by any number of threads at once.
 *
 * @param <C> the kind
 */
public final class Registry<C> {

  private final String kind;
  private final ConcurrentHashMap<String, C> byName;

  private Registry(String kind, Map<String, ? extends C> declared) {
    this.kind = Args.notNull(kind, "kind");
    this.byName = new ConcurrentHashMap<>(Args.notNull(declared, "declared"));
  }

  /**
   * A registry, for an application that declares its own as a bean.
   *
   * @param <C> the kind
   * @param kind what it holds, for errors
   * @param declared what is there from the start, by name
   * @return a new registry
   */
  public static <C> Registry<C> of(String kind, Map<String, ? extends C> declared) {
    return new Registry<>(kind, declared);
  }

  /**
   * The construct of a name.
   *
   * @param name the name
   * @return the construct
   * @throws IllegalArgumentException if there is none of this name; one that is made for a misspelt
   *     name would exclude or limit nobody
   */
  public C get(String name) {
    C found = byName.get(Args.notNull(name, "name"));
    if (found == null) {
      throw new IllegalArgumentException(
          "name must be that of a " + kind + ", one of " + names() + ", but was " + name);
    }
    return found;
  }

  /**
   * The construct of a name, made if there is none. Of two threads that make one at once, both get
   * the one that was first, and the other one is dropped.
   *
   * @param name the name
   * @param make makes it from the name
   * @return the construct
   */
  public C getOrCreate(String name, Function<? super String, ? extends C> make) {
    Args.notNull(make, "make");
    C found = byName.get(Args.notNull(name, "name"));
    if (found != null) {
      return found;
    }
    C made = Args.notNull(make.apply(name), "what make answered");
    C first = byName.putIfAbsent(name, made);
    return first == null ? made : first;
  }

  /**
   * Which there are.
   *
   * @return their names at this moment, in order
   */
  public Set<String> names() {
    return new TreeSet<>(byName.keySet());
  }

  Map<String, C> all() {
    return new TreeMap<>(byName);
  }
}
