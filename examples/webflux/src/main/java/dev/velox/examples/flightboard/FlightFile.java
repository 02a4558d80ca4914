package dev.velox.examples.flightboard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.springframework.core.io.Resource;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The flights of a file, read anew for each subscriber. */
final class FlightFile {

  private final Resource file;
  private final FlightParser parser;

  FlightFile(Resource file, FlightParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /** In the order of the file; fails at the first line that is no flight. */
  Flux<Flight> flights() {
    return lines()
        .index()
        .handle(
            (line, sink) -> {
              // Line numbers start at 1, and line 1 is the header.
              if (line.getT1() == 0) {
                parser.checkHeader(line.getT2());
              } else {
                sink.next(parser.csv(line.getT1() + 1, line.getT2()));
              }
            });
  }

  /** Reading blocks, so that is left to the threads that may. */
  private Flux<String> lines() {
    return Flux.using(this::open, reader -> Flux.fromStream(reader.lines()), FlightFile::close)
        .subscribeOn(Schedulers.boundedElastic());
  }

  private BufferedReader open() throws IOException {
    return new BufferedReader(new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void close(BufferedReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return file.getDescription();
  }
}
