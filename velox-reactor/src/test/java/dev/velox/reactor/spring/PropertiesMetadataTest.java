package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows to whoever writes {@code application.properties}. */
class PropertiesMetadataTest {

  @Test
  void every_property_has_a_type_and_a_description() throws Exception {
    Map<String, JsonNode> properties = properties();
    assertThat(properties)
        .containsKeys(
            "velox.actors.name",
            "velox.workers.max",
            "velox.mutexes",
            "velox.semaphores",
            "velox.channels",
            "velox.retries",
            "velox.shutdown.timeout",
            "velox.shutdown.order",
            "velox.web.map-overload",
            "velox.web.retry-after");
    properties.forEach(
        (name, property) -> {
          assertThat(property.path("type").asString()).as(name).isNotEmpty();
          assertThat(property.path("description").asString()).as(name).endsWith(".");
        });
  }

  @Test
  void defaults_are_told() throws Exception {
    assertThat(properties().get("velox.workers.queue").path("defaultValue").asInt())
        .isEqualTo(1024);
    assertThat(properties().get("velox.workers.grace").path("defaultValue").asString())
        .isEqualTo("1s");
  }

  @Test
  void every_property_is_in_the_guide() throws Exception {
    String guide = Files.readString(Path.of("../docs/guide/spring.md"));
    List<String> names = new ArrayList<>();
    properties()
        .forEach(
            (name, property) -> {
              if (!property.path("type").asString().startsWith("java.util.Map")) {
                names.add(name);
              }
            });
    Map.of(
            "mutexes", VeloxProperties.MutexSettings.class,
            "semaphores", VeloxProperties.SemaphoreSettings.class,
            "channels", VeloxProperties.ChannelSettings.class,
            "retries", VeloxProperties.RetrySettings.class)
        .forEach(
            (kind, settings) -> {
              for (RecordComponent each : settings.getRecordComponents()) {
                names.add(
                    "velox."
                        + kind
                        + ".<name>."
                        + DataObjectPropertyName.toDashedForm(each.getName()));
              }
            });
    assertThat(names).hasSizeGreaterThan(25).allMatch(name -> guide.contains("`" + name + "`"));
  }

  /** Spring's own files lie on the class path under the same name. */
  private static Map<String, JsonNode> properties() throws IOException {
    Map<String, JsonNode> found = new LinkedHashMap<>();
    ClassLoader loader = VeloxProperties.class.getClassLoader();
    for (URL file :
        Collections.list(loader.getResources("META-INF/spring-configuration-metadata.json"))) {
      try (InputStream json = file.openStream()) {
        for (JsonNode property : new JsonMapper().readTree(json).path("properties")) {
          String name = property.path("name").asString();
          if (name.startsWith("velox.")) {
            found.put(name, property);
          }
        }
      }
    }
    return found;
  }
}
