package dev.velox.examples.flightboard;

import java.net.URI;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * The flight board: a replay of real flights goes through a bounded channel to one board, which
 * counts them and shows them to every browser that looks.
 *
 * <pre>
 * file -> Replay -----+
 *                     +-> channel -> Board -> a view for each GET /flights
 * POST /flights ------+                 |
 *                                       +-> GET /totals, /board
 *                                       +-> Towers: an actor per airport, GET /airports/{code}
 *                                       |     |
 *                                       |     +-> Forecast: worker.js, GET /predictions
 *                                       +-> Gates: the fleet moves, GET /gates
 *                                             |
 *                                             +-> Runways, GET /airports/{code}/runway
 * </pre>
 *
 * <p>Data flows from left to right, and demand from right to left: a slow reader slows the board,
 * the board lets the channel fill, and a full channel makes the replay and the clients wait.
 */
@SpringBootApplication
@EnableConfigurationProperties(FlightBoardProperties.class)
public class FlightBoardApplication {

  FlightBoardApplication() {}

  /**
   * Starts the server.
   *
   * @param args Spring Boot's arguments, such as {@code --flightboard.speed=max}
   */
  public static void main(String[] args) {
    SpringApplication.run(FlightBoardApplication.class, args);
  }

  @Bean
  Airports airports(FlightBoardProperties properties) {
    return Airports.read(properties.airportsResource());
  }

  @Bean
  FlightParser flightParser(Airports airports) {
    return new FlightParser(airports);
  }

  @Bean
  Runways runways(FlightBoardProperties properties) {
    return new Runways(properties.fleet().landing());
  }

  @Bean
  Gates gates(FlightBoardProperties properties, Airports airports, Runways runways) {
    return new Gates(airports.all(), properties.fleet(), runways);
  }

  @Bean
  Towers towers() {
    return new Towers();
  }

  @Bean
  Forecast forecast(Towers towers) {
    return new Forecast(towers);
  }

  @Bean
  Board board(FlightBoardProperties properties, Towers towers, Gates gates, Forecast forecast) {
    return new Board(
        properties.capacity(),
        properties.viewCapacity(),
        properties.patience(),
        towers,
        flight -> {
          forecast.flown(flight);
          gates.flown(flight);
        });
  }

  /**
   * The upstream is a part of this application, so that it can be as bad as a demonstration needs.
   */
  @Bean
  Weather weather(FlightBoardProperties properties, Environment environment) {
    return new Weather(
        code ->
            URI.create(
                "http://localhost:"
                    + environment.getProperty("local.server.port")
                    + "/upstream/weather/"
                    + code),
        properties.weatherKept(),
        properties.weatherTimeout());
  }

  @Bean
  FlightFile flightFile(FlightBoardProperties properties, FlightParser parser) {
    return new FlightFile(properties.flightsResource(), parser);
  }

  @Bean
  Replay replay(FlightFile file, FlightBoardProperties properties, Board board) {
    return new Replay(file, properties.speed(), board);
  }
}
