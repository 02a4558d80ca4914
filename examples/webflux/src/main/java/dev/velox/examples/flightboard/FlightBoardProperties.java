package dev.velox.examples.flightboard;

import java.time.Duration;
import java.util.List;
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
 * @param weatherKept for how long the weather of an airport is not asked for again
 * @param weatherTimeout how long an attempt to ask for the weather may take
 * @param fleet the fleet that moves with the flights
 */
@ConfigurationProperties("flightboard")
record FlightBoardProperties(
    @DefaultValue("classpath:data/flights-2001-q1.csv") String file,
    @DefaultValue("classpath:data/airports.csv") String airports,
    @DefaultValue("60") Speed speed,
    @DefaultValue("64") int capacity,
    @DefaultValue("256") int viewCapacity,
    @DefaultValue("2s") Duration patience,
    @DefaultValue("10m") Duration weatherKept,
    @DefaultValue("500ms") Duration weatherTimeout,
    @DefaultValue Fleet fleet) {

  /**
   * The fleet that moves with the flights.
   *
   * @param hubs the airports at which it stands in the beginning
   * @param aircraftPerHub how many at each
   * @param gates how many gates an airport has
   * @param landing how long a landing takes the runway
   * @param patience how long an aircraft waits for a gate
   */
  record Fleet(
      @DefaultValue({
            "ATL", "CLT", "DEN", "DFW", "DTW", "EWR", "IAH", "LAS", "LAX", "MSP", "ORD", "PHL",
            "PHX", "PIT", "SEA", "SFO", "SLC", "STL"
          })
          List<String> hubs,
      @DefaultValue("10") int aircraftPerHub,
      @DefaultValue("14") int gates,
      @DefaultValue("2ms") Duration landing,
      @DefaultValue("5s") Duration patience) {

    Fleet {
      require(
          aircraftPerHub >= 0,
          "fleet.aircraft-per-hub",
          "must not be negative, but was " + aircraftPerHub);
      require(
          gates >= Math.max(1, aircraftPerHub),
          "fleet.gates",
          "must be at least aircraft-per-hub and 1, but was " + gates);
      require(!landing.isNegative(), "fleet.landing", "must not be negative, but was " + landing);
      require(patience.toMillis() > 0, "fleet.patience", "must be positive, but was " + patience);
    }
  }

  FlightBoardProperties {
    require(resource(file).isReadable(), "file", "can't be read: " + file);
    require(resource(airports).isReadable(), "airports", "can't be read: " + airports);
    require(capacity > 0, "capacity", "must be positive, but was " + capacity);
    require(viewCapacity > 0, "view-capacity", "must be positive, but was " + viewCapacity);
    require(patience.toMillis() > 0, "patience", "must be positive, but was " + patience);
    require(weatherKept.toMillis() > 0, "weather-kept", "must be positive, but was " + weatherKept);
    require(
        weatherTimeout.toMillis() > 0 && weatherTimeout.compareTo(Weather.DEADLINE) <= 0,
        "weather-timeout",
        "must be positive and at most " + Weather.DEADLINE + ", but was " + weatherTimeout);
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
