package dev.velox.examples.flightboard;

import dev.velox.reactor.worker.WorkerClosedException;
import dev.velox.reactor.worker.WorkerStartException;
import java.util.concurrent.TimeoutException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** How late flights are expected to come. */
@RestController
final class PredictionsController {

  private final Forecast forecast;

  PredictionsController(Forecast forecast) {
    this.forecast = forecast;
  }

  @GetMapping("/predictions")
  Mono<Prediction> predictions() {
    return forecast.prediction();
  }

  @ExceptionHandler({
    WorkerStartException.class,
    WorkerClosedException.class,
    TimeoutException.class
  })
  ProblemDetail unavailable(Exception failure) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.SERVICE_UNAVAILABLE, "There are no predictions: " + failure.getMessage());
  }
}
