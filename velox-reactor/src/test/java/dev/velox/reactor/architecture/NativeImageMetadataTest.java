package dev.velox.reactor.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the library tells GraalVM's native-image exists, and what it reaches by name is told.
 *
 * <p>Field updaters and {@code VarHandle}s are not listed: native-image finds them by itself, since
 * their classes and fields are constants.
 */
class NativeImageMetadataTest {

  private static final String METADATA = "META-INF/native-image/dev.velox/velox-reactor/";
  private static final Pattern CLASS = Pattern.compile("Class\\.forName\\(\\s*\"([^\"]+)\"");
  private static final Pattern RESOURCE = Pattern.compile("getResource\\w*\\(\\s*\"([^\"]+)\"");
  private static final Pattern METHOD = Pattern.compile("getMethod\\(\\s*\"([^\"]+)\"");

  @Test
  void what_is_listed_exists() throws Exception {
    for (Map<?, ?> entry : reflection()) {
      String name = (String) entry.get("name");
      assertThat(Class.forName((String) ((Map<?, ?>) entry.get("condition")).get("typeReachable")))
          .isNotNull();
      if (name.startsWith("java.lang.Thread") && Runtime.version().feature() < 21) {
        continue; // virtual threads
      }
      Class<?> type = Class.forName(name);
      for (Object listed : (List<?>) entryOr(entry, "methods", List.of())) {
        Map<?, ?> method = (Map<?, ?>) listed;
        assertThat(type.getDeclaredMethods())
            .as(type.getName())
            .anyMatch(declared -> matches(declared, method));
      }
    }
    assertThat(resources())
        .isNotEmpty()
        .allSatisfy(
            resource -> assertThat(getClass().getClassLoader().getResource(resource)).isNotNull());
  }

  @Test
  void what_is_reached_by_name_is_listed() throws Exception {
    List<String> names = reflection().stream().map(entry -> (String) entry.get("name")).toList();
    String metadata = read("reflect-config.json");
    List<String> found = new ArrayList<>();
    Path sources = Path.of("src/main/java");
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String code = Files.readString(file);
        for (String name : all(CLASS, code)) {
          found.add(name);
          assertThat(names).as(file.toString()).contains(name);
        }
        for (String name : all(METHOD, code)) {
          found.add(name);
          assertThat(metadata).as(file.toString()).contains('"' + name + '"');
        }
        for (String name : all(RESOURCE, code)) {
          found.add(name);
          String directory = sources.relativize(file.getParent()).toString().replace('\\', '/');
          assertThat(resources()).as(file.toString()).contains(directory + "/" + name);
        }
      }
    }
    assertThat(found)
        .as("the patterns find what is known to be there")
        .contains("prelude.js", "ofVirtual");
  }

  private static List<String> all(Pattern pattern, String code) {
    Matcher matcher = pattern.matcher(code);
    List<String> found = new ArrayList<>();
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  private static boolean matches(Method declared, Map<?, ?> method) {
    return declared.getName().equals(method.get("name"))
        && Stream.of(declared.getParameterTypes())
            .map(Class::getName)
            .toList()
            .equals(method.get("parameterTypes"));
  }

  private static Object entryOr(Map<?, ?> entry, String key, Object otherwise) {
    Object value = entry.get(key);
    return value == null ? otherwise : value;
  }

  private static List<Map<?, ?>> reflection() throws IOException {
    List<Map<?, ?>> entries = new ArrayList<>();
    for (Object entry : new JsonMapper().readValue(read("reflect-config.json"), List.class)) {
      entries.add((Map<?, ?>) entry);
    }
    return entries;
  }

  private static List<String> resources() throws IOException {
    Map<?, ?> config = new JsonMapper().readValue(read("resource-config.json"), Map.class);
    List<String> resources = new ArrayList<>();
    for (Object include : (List<?>) ((Map<?, ?>) config.get("resources")).get("includes")) {
      String pattern = (String) ((Map<?, ?>) include).get("pattern");
      resources.add(pattern.replace("\\Q", "").replace("\\E", ""));
    }
    return resources;
  }

  private static String read(String file) throws IOException {
    try (InputStream metadata =
        NativeImageMetadataTest.class.getClassLoader().getResourceAsStream(METADATA + file)) {
      assertThat(metadata).as(file).isNotNull();
      return new String(metadata.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
