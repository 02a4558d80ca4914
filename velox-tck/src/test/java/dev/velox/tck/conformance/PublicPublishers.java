package dev.velox.tck.conformance;

import dev.velox.reactor.MetricsListener;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.Sinks;

/**
 * Everything public in the library that is a publisher or subscriber, or makes one, found in the
 * library's classes as they are: {@code Channel} is one, {@code Channel.receive()} makes one, and
 * an operator is a function between publishers.
 */
final class PublicPublishers {

  private static final Pattern PUBLISHER =
      Pattern.compile("\\b(Publisher|Flux|Mono|ParallelFlux|GroupedFlux)\\b");

  private PublicPublishers() {}

  static Set<String> find() throws IOException, URISyntaxException {
    URI library = MetricsListener.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path place = Path.of(library);
    if (Files.isDirectory(place)) {
      return find(place);
    }
    try (FileSystem jar = FileSystems.newFileSystem(place, Map.of())) {
      return find(jar.getPath("/"));
    }
  }

  private static Set<String> find(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .filter(file -> !file.contains("META-INF") && !file.contains("/internal/"))
          .map(file -> load(file.replace(".class", "").replace('/', '.')))
          .filter(PublicPublishers::isPublic)
          .flatMap(PublicPublishers::in)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, PublicPublishers.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError missing) {
      throw new IllegalStateException("can't look into " + name, missing);
    }
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers()) && (outer == null || isPublic(outer));
  }

  private static Stream<String> in(Class<?> type) {
    Stream<String> itself = reactive(type) ? Stream.of(type.getSimpleName()) : Stream.empty();
    Stream<String> made =
        Arrays.stream(type.getDeclaredMethods())
            .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
            .filter(PublicPublishers::makesOne)
            .map(method -> name(type, method));
    return Stream.concat(itself, made);
  }

  private static boolean makesOne(Method method) {
    Class<?> made = method.getReturnType();
    return (reactive(made) && !made.getName().startsWith("dev.velox."))
        || Sinks.Many.class.isAssignableFrom(made)
        || (made.getName().startsWith("java.util.function.")
            && PUBLISHER.matcher(method.getGenericReturnType().getTypeName()).find());
  }

  private static boolean reactive(Class<?> type) {
    return Publisher.class.isAssignableFrom(type) || Subscriber.class.isAssignableFrom(type);
  }

  private static String name(Class<?> type, Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(
            Collectors.joining(", ", type.getSimpleName() + "." + method.getName() + "(", ")"));
  }
}
