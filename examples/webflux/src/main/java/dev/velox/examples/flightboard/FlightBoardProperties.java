package dev.velox.examples.flightboard;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.util.ResourceUtils;

/**
 * The properties under {@code flightboard}. What is wrong fails the start, by name.
 *
 * @param file the flights to replay, as CSV: a path or a URL
 * @param airports the airports of the country, as CSV: a path or a URL
 * @param speed how fast to replay
 * @param capacity how many flights may wait for the board
 * @param viewCapacity how many flights may wait for one reader
 * @param patience how long the board waits for a reader that has no room
 */
@ConfigurationProperties("flightboard")
record FlightBoardProperties(
    @DefaultValue("classpath:data/flights-2001-q1.csv") String file,
    @DefaultValue("classpath:data/airports.csv") String airports,
    @DefaultValue("60") Speed speed,
    @DefaultValue("64") int capacity,
    @DefaultValue("256") int viewCapacity,
    @DefaultValue("2s") Duration patience) {

  FlightBoardProperties {
    require(resource(file).isReadable(), "file", "can't be read: " + file);
    require(resource(airports).isReadable(), "airports", "can't be read: " + airports);
    require(capacity > 0, "capacity", "must be positive, but was " + capacity);
    require(viewCapacity > 0, "view-capacity", "must be positive, but was " + viewCapacity);
    require(patience.toMillis() > 0, "patience", "must be positive, but was " + patience);
  }

  Resource flightsResource() {
    return resource(file);
  }

  Resource airportsResource() {
    return resource(airports);
  }

  /** Spring would look for a path without a scheme on the class path; a person means a file. */
  private static Resource resource(String location) {
    return ResourceUtils.isUrl(location)
        ? new DefaultResourceLoader().getResource(location)
        : new FileSystemResource(location);
  }

  private static void require(boolean holds, String property, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("flightboard." + property + " " + otherwise);
    }
  }
}
