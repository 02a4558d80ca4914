package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
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
