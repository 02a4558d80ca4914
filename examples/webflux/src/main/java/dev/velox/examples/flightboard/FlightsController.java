package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.ChannelClosedException;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Flights out to readers, and in from clients. */
@RestController
final class FlightsController {

  private static final int LONGEST_LINE = 16_384;

  private final Board board;
  private final FlightParser parser;

  FlightsController(Board board, FlightParser parser) {
    this.board = board;
    this.parser = parser;
  }

  /**
   * Every flight from now on. A reader that is stuck is told so by an event {@code slow} and let
   * go.
   */
  @GetMapping(path = "/flights", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<ServerSentEvent<Object>> flights() {
    return board
        .flights()
        .map(flight -> event("flight", flight))
        .onErrorResume(
            SlowReaderException.class,
            slow -> Mono.just(event("slow", String.valueOf(slow.getMessage()))))
        // Something to send at once, so that the reader learns that it is connected.
        .startWith(ServerSentEvent.builder().comment("from now on").build());
  }

  private static ServerSentEvent<Object> event(String name, Object data) {
    return ServerSentEvent.builder(data).event(name).build();
  }

  /**
   * Takes one flight a line, reading no faster than the board takes them. The answer comes when
   * they are counted.
   */
  @PostMapping(path = "/flights", consumes = MediaType.APPLICATION_NDJSON_VALUE)
  Mono<Accepted> post(@RequestBody(required = false) Flux<DataBuffer> body) {
    return Mono.defer(
        () -> {
          AtomicLong accepted = new AtomicLong();
          Flux<Flight> flights =
              Line.of(body, LONGEST_LINE)
                  .filter(line -> line.tooLong() || !line.text().isBlank())
                  .map(this::flight)
                  .doOnNext(flight -> accepted.incrementAndGet());
          return board
              .post(flights)
              .then(board.settled())
              // sendAll has sent all before the malformed line when it fails.
              .onErrorResume(
                  MalformedFlightException.class,
                  e -> board.settled().then(Mono.error(new RejectedLine(e, accepted.get()))))
              .then(Mono.fromSupplier(() -> new Accepted(accepted.get())));
        });
  }

  private Flight flight(Line line) {
    if (line.tooLong()) {
      throw new MalformedFlightException(
          line.number(),
          MalformedFlightException.WHOLE_LINE,
          "is longer than " + LONGEST_LINE + " bytes");
    }
    return parser.json(line.number(), line.text());
  }

  /**
   * The answer to a post.
   *
   * @param accepted how many flights were accepted
   */
  record Accepted(long accepted) {}

  /** A malformed line, and how many before it were accepted. */
  private static final class RejectedLine extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final MalformedFlightException line;
    private final long accepted;

    RejectedLine(MalformedFlightException line, long accepted) {
      super(line.getMessage(), line);
      this.line = line;
      this.accepted = accepted;
    }
  }

  @ExceptionHandler
  ProblemDetail malformed(RejectedLine rejected) {
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, rejected.line.getMessage());
    problem.setTitle("Malformed flight");
    problem.setProperty("line", rejected.line.line());
    problem.setProperty("field", rejected.line.field());
    problem.setProperty("accepted", rejected.accepted);
    return problem;
  }

  @ExceptionHandler
  ProblemDetail closed(ChannelClosedException closed) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.SERVICE_UNAVAILABLE, "The board takes no more flights.");
  }
}
